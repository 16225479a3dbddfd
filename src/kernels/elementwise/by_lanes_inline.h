// Elementwise arithmetic, as many elements at a time as there are lanes, those at the end by the
// same instructions, so that each is computed alike wherever it stands.
#pragma once

#include "kernels/eight_inline.h"
#include "kernels/elementwise/elementwise_task.h"

namespace ingle {
namespace {

// x / (1 + exp(-by * x))
inline Floats TimesSigmoid(Floats x, Floats by) {
  return Div(x, Add(Splat(1), Exp(Negated(Mul(by, x)))));
}

struct Silu {
  Floats operator()(Floats x) const { return TimesSigmoid(x, Splat(1)); }
};

struct GeluQuick {
  Floats operator()(Floats x) const { return TimesSigmoid(x, Splat(1.702f)); }
};

// (1 + tanh(u)) / 2 is sigmoid(2u), and loses nothing where the sum would cancel.
struct GeluTanh {
  Floats operator()(Floats x) const {
    const Floats cubic = Fma(Mul(Splat(0.044715f), x), x, Splat(1));
    return TimesSigmoid(x, Mul(Splat(2 * 0.7978845608028654f), cubic));
  }
};

// x · Φ(x) = x - x · erfc(x / √2) / 2 above 0, -|x| · erfc(|x| / √2) / 2 below it.
//
// erfc(z) = exp(-z²) · R(1 / (1 + 0.33 z)), where R is a polynomial of degree 8 without a constant,
// fitted to the least relative error: 8.2e-8.
struct Gelu {
  Floats operator()(Floats x) const {
    const Floats z = Mul(Magnitude(x), Splat(0.70710678118654752f));
    const Floats t = Div(Splat(1), Fma(Splat(0.33f), z, Splat(1)));
    Floats r = Splat(-0.135928471f);
    r = Fma(r, t, Splat(0.462686858f));
    r = Fma(r, t, Splat(-0.355436538f));
    r = Fma(r, t, Splat(0.412539341f));
    r = Fma(r, t, Splat(0.0450118823f));
    r = Fma(r, t, Splat(0.201923433f));
    r = Fma(r, t, Splat(0.182837308f));
    r = Fma(r, t, Splat(0.186366105f));
    const Floats erfc = Mul(Mul(r, t), ExpBelow89(Negated(Mul(z, z))));
    const Floats half = Mul(Mul(Splat(0.5f), x), erfc);
    return Select(Sub(x, half), half, HasSign(x));
  }
};

// max of 0 and x, which keeps a NaN because it is the second operand.
struct Relu {
  Floats operator()(Floats x) const { return Max(Splat(0), x); }
};

struct ReluSquared {
  Floats operator()(Floats x) const {
    const Floats positive = Relu()(x);
    return Mul(positive, positive);
  }
};

struct Sigmoid {
  Floats operator()(Floats x) const { return Div(Splat(1), Add(Splat(1), Exp(Negated(x)))); }
};

// Near 0 an odd polynomial with a relative error below 5e-9, elsewhere 1 - 2 / (exp(2|x|) + 1).
struct Tanh {
  Floats operator()(Floats x) const {
    const Floats square = Mul(x, x);
    Floats p = Splat(-0.00571702681f);
    p = Fma(p, square, Splat(0.0206505717f));
    p = Fma(p, square, Splat(-0.0537434935f));
    p = Fma(p, square, Splat(0.133314912f));
    p = Fma(p, square, Splat(-0.333332839f));
    const Floats near = Fma(Mul(p, square), x, x);

    const Floats magnitude = Magnitude(x);
    const Floats power = Exp(Add(magnitude, magnitude));
    const Floats far = Sub(Splat(1), Div(Splat(2), Add(power, Splat(1))));
    const Floats signed_far = WithSignOf(far, x);
    return Select(signed_far, near, Less(magnitude, Splat(0.625f)));
  }
};

struct Softplus {
  Floats operator()(Floats x) const { return SoftplusOf(x); }
};

// Calls run(activation), which is inlined for each kind.
template <class Run>
inline void WithActivation(ActivationKind kind, const Run& run) {
  switch (kind) {
    case ActivationKind::kSilu:
      return run(Silu());
    case ActivationKind::kGelu:
      return run(Gelu());
    case ActivationKind::kGeluTanh:
      return run(GeluTanh());
    case ActivationKind::kGeluQuick:
      return run(GeluQuick());
    case ActivationKind::kRelu:
      return run(Relu());
    case ActivationKind::kReluSquared:
      return run(ReluSquared());
    case ActivationKind::kSigmoid:
      return run(Sigmoid());
    case ActivationKind::kTanh:
      return run(Tanh());
    case ActivationKind::kSoftplus:
      return run(Softplus());
  }
}

template <class F>
inline void MapBinary(const BinaryTask& task, const F& f) {
  if (task.b_step == 1) return Map(task.a, task.b, task.output, task.count, f);
  if (task.count == 0) return;
  const Floats b = SplatAt(task.b);
  Map(task.a, task.output, task.count, [&](Floats a) { return f(a, b); });
}

// x within ±limit; a NaN stays one, for the second operand is kept then.
inline Floats Hold(Floats x, Floats limit) { return Max(Negated(limit), Min(limit, x)); }

// Holding within infinity changes nothing.
inline Floats LimitOf(float limit) { return Splat(limit > 0 ? limit : __builtin_inff()); }

inline void ActivateByLanes(const ActivateTask& task) {
  WithActivation(task.kind,
                 [&](const auto& activation) { Map(task.x, task.output, task.count, activation); });
}

inline void GluByLanes(const GluTask& task) {
  const bool plain = !(task.limit > 0) && task.offset == 0;
  const Floats limit = LimitOf(task.limit);
  const Floats offset = Splat(task.offset);
  WithActivation(task.kind, [&](const auto& activation) {
    if (plain) {
      return Map(task.gate, task.up, task.output, task.count,
                 [&](Floats gate, Floats up) { return Mul(activation(gate), up); });
    }
    Map(task.gate, task.up, task.output, task.count, [&](Floats gate, Floats up) {
      return Mul(activation(Min(limit, gate)), Add(Hold(up, limit), offset));
    });
  });
}

inline void AddByLanes(const BinaryTask& task) {
  MapBinary(task, [](Floats a, Floats b) { return Add(a, b); });
}

inline void MultiplyByLanes(const BinaryTask& task) {
  MapBinary(task, [](Floats a, Floats b) { return Mul(a, b); });
}

inline void ScaleByLanes(const ScaleTask& task) {
  const Floats factor = Splat(task.factor);
  const Floats limit = LimitOf(task.limit);
  Map(task.x, task.output, task.count, [&](Floats x) { return Hold(Mul(x, factor), limit); });
}

inline void BlendByLanes(const BlendTask& task) {
  for (size_t i = 0; i < task.width; i += kLanes) {
    const size_t left = task.width - i;
    Floats sum = Splat(0);
    for (size_t j = 0; j < task.parts; ++j) {
      const Floats part = FirstFloatsAt(task.x + j * task.width + i, left);
      sum = Add(sum, Mul(SplatAt(task.weights + j), part));
    }
    PutFirst(task.output + i, left, sum);
  }
}

}  // namespace
}  // namespace ingle
