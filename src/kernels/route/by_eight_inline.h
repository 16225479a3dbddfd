#pragma once

#include "kernels/eight_inline.h"
#include "kernels/route/route_inline.h"

namespace ingle {
namespace {

// Eight values from x[i] on; what is beyond the end is -infinity.
inline Floats LoadOrLeast(const float* x, size_t i, size_t count) {
  if (i + 8 <= count) return FloatsAt(x + i);
  const size_t left = count - i;
  return Select(Splat(-__builtin_inff()), FirstFloatsAt(x + i, left), FirstOnly(left));
}

// The largest that is a number, or -infinity.
inline float Largest(const float* x, size_t count) {
  Floats largest = Splat(-__builtin_inff());
  // Max keeps the second where one is a NaN.
  for (size_t i = 0; i < count; i += 8) largest = Max(LoadOrLeast(x, i, count), largest);
  return MaxOfLanes(largest);
}

struct LoopsByEight {
  static void Softmax(const float* x, float* output, size_t count) {
    const Floats largest = Splat(Largest(x, count));
    Map(x, output, count, [&](Floats v) { return Exp(Sub(v, largest)); });
    const Floats sum = Splat(
        SumLanes(SumOver(output, count, [](Floats v, Floats acc, Mask) { return Add(acc, v); })));
    Map(output, output, count, [&](Floats v) { return Div(v, sum); });
  }

  static void Sigmoid(const float* x, float* output, size_t count) {
    const Floats one = Splat(1.0f);
    Map(x, output, count, [&](Floats v) {
      const Floats power = Exp(Sub(Splat(0), v));
      return Div(one, Add(one, power));
    });
  }

  static size_t Best(const float* x, size_t count) {
    const Floats largest = Splat(Largest(x, count));
    for (size_t i = 0; i < count; i += 8) {
      const size_t lane = FirstOf(Equal(LoadOrLeast(x, i, count), largest));
      if (lane == 8) continue;
      return i + lane < count ? i + lane : 0;  // nothing but NaN
    }
    return 0;
  }
};

inline void RouteByEight(const RouteTask& task) { RouteWith<LoopsByEight>(task); }

}  // namespace
}  // namespace ingle
