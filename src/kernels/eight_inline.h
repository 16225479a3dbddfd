// What kernels do with eight floats side by side, written once for the instruction sets that have
// them in one register (x86_avx2_eight_inline.h) or in two (arm_neon_eight_inline.h). A file for
// an instruction set includes its vocabulary, then this and what is made of it. Everything is in
// the including file's own unnamed namespace, so the linker has nothing to merge.
//
// What no lane's result depends on another in may also be made for sixteen
// (x86_avx512_sixteen_inline.h): its bits are the same. So are those of what sums sixteen lanes, or
// twice eight.
//
// The vocabulary is Floats, Words (int32), Mask (of each lane, yes or no), kLanes (of a Floats),
// Splat, Put, arithmetic and comparisons by their names, and
//
//   FloatsAt, HalvesAt, FloatsOfBytesAt   eight numbers from memory, as floats
//   SplatAt(p)                          the float at p, in all lanes
//   FirstFloatsAt(p, n), PutFirst(p, n, v)   the first n alone: nothing else is read or written
//   Fma(a, b, c), FmaNegated(a, b, c)     c + a b and c - a b, rounded once
//   Max(a, b), Min(a, b)                  b where one of the two is a NaN, or both are zeros
//   WithSignOf(a, sign)                   of an a that is not negative
//   Select(a, b, mask)                    b where it says yes, else a
//   HasSign(a)                            a mask for Select alone: negative, -0 or such a NaN
//   FirstOnly(n), All()                   masks of the first n lanes, of all
//   Only(a, mask)                         0 where it says no
//   FirstOf(mask)                         the first lane that says yes, or 8
//   SumLanes, MaxOfLanes                  of halves, then of quarters, then of neighbours
//   PairsAt, PutPairs, InPairOrder        neighbours apart, in an order that is the same for the
//                                         three, but the instruction set's own
//   TurnFours(p, four)                    eight rows of four floats to four of eight
//
// and of single numbers HalfToFloat(bits) and Root(x). They round alike on every instruction set,
// and so a kernel that is made of them has the same bits, but for the sign and the rest of a NaN.
#pragma once

#include <stddef.h>

namespace ingle {
namespace {

// 2 exp(r) of |r| <= ln2 / 2: a polynomial of degree 6 that begins with 1 + r, fitted to the least
// relative error, 3.7e-9.
inline Floats TwiceExpNearZero(Floats r) {
  Floats p = Splat(2 * 0.0013814577f);
  p = Fma(p, r, Splat(2 * 0.0083687278f));
  p = Fma(p, r, Splat(2 * 0.041668389f));
  p = Fma(p, r, Splat(2 * 0.16666521f));
  p = Fma(p, r, Splat(2 * 0.49999994f));
  p = Fma(p, r, Splat(2));
  return Fma(p, r, Splat(2));
}

// exp(x) to one unit in the last place, of an x below 89, or NaN: 0 below -86.99, infinity above
// 88.7.
//
// x = n ln2 + r with a whole n, and exp(x) = 2^(n-1) * 2 exp(r), for 2^128 has no float. Floats of
// 2^23 and more have no fraction: a sum with one and a half times that is rounded to n, in its
// lowest bits. With 126 besides these are the exponent of 2^(n-1), and of 0 where n is -126. ln2 is
// split in two (Cody and Waite) so that n ln2 is subtracted without loss.
inline Floats ExpBelow89(Floats x) {
  x = Max(Splat(-87.5f), x);
  const Floats whole = Splat(0x1.8p23f + 126);
  const Floats sum = Fma(x, Splat(1.44269504088896341f), whole);
  const Floats n = Sub(sum, whole);
  Floats r = FmaNegated(n, Splat(0.693145751953125f), x);
  r = FmaNegated(n, Splat(1.42860682030941723212e-6f), r);
  return Mul(TwiceExpNearZero(r), AsFloats(ShiftLeft<23>(AsWords(sum))));
}

// exp(x) of any x.
inline Floats Exp(Floats x) { return ExpBelow89(Min(Splat(89), x)); }

// ln(1 + exp(x)) = max(x, 0) + ln(1 + u) where u = exp(-|x|). With s = u / (2 + u), at most 1/3,
// the logarithm is 2 artanh(s): its series up to s^15 is exact to 2e-9.
inline Floats SoftplusOf(Floats x) {
  const Floats u = ExpBelow89(NegatedMagnitude(x));
  const Floats s = Div(u, Add(Splat(2), u));
  const Floats square = Mul(s, s);
  Floats series = Splat(1.0f / 15);
  series = Fma(series, square, Splat(1.0f / 13));
  series = Fma(series, square, Splat(1.0f / 11));
  series = Fma(series, square, Splat(1.0f / 9));
  series = Fma(series, square, Splat(1.0f / 7));
  series = Fma(series, square, Splat(1.0f / 5));
  series = Fma(series, square, Splat(1.0f / 3));
  series = Fma(series, square, Splat(1));
  // Max keeps the second where one is a NaN.
  return Fma(Add(s, s), series, Max(Splat(0), x));
}

// output[i] = f(a[i])
template <class F>
inline void Map(const float* a, float* output, size_t count, const F& f) {
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) Put(output + i, f(FloatsAt(a + i)));
  if (i < count) PutFirst(output + i, count - i, f(FirstFloatsAt(a + i, count - i)));
}

// output[i] = f(a[i], b[i])
template <class F>
inline void Map(const float* a, const float* b, float* output, size_t count, const F& f) {
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) Put(output + i, f(FloatsAt(a + i), FloatsAt(b + i)));
  if (i == count) return;
  const size_t left = count - i;
  PutFirst(output + i, left, f(FirstFloatsAt(a + i, left), FirstFloatsAt(b + i, left)));
}

// The sum over x, in lanes: term(v, acc, present) adds eight values to acc, of which those that are
// not present are zeros beyond the end. Four accumulators hide the latency of an addition.
template <class Term>
inline Floats SumOver(const float* x, size_t count, const Term& term) {
  Floats acc[4] = {Splat(0), Splat(0), Splat(0), Splat(0)};
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    for (size_t j = 0; j < 4; ++j) acc[j] = term(FloatsAt(x + i + 8 * j), acc[j], All());
  }
#pragma GCC unroll 4  // accumulators stay in registers where every index is a constant
  for (size_t j = 0; j < 4; ++j, i += 8) {
    if (i >= count) break;
    const size_t left = count - i < 8 ? count - i : 8;
    acc[j] = term(FirstFloatsAt(x + i, left), acc[j], FirstOnly(left));
  }
  return Add(Add(acc[0], acc[1]), Add(acc[2], acc[3]));
}

}  // namespace
}  // namespace ingle
