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
//   Nearest(a)                            whole, ties to even
//   WithSignOf(a, sign)                   of an a that is not negative
//   Select(a, b, mask)                    b where it says yes, else a
//   HasSign(a)                            a mask for Select alone: negative, -0 or such a NaN
//   FirstOnly(n), All()                   masks of the first n lanes, of all
//   Only(a, mask), Without(a, mask)       0 where it says no, where it says yes
//   FirstOf(mask)                         the first lane that says yes, or 8
//   ToWords(a)                            to the nearest, ties to even; of what fits
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

// exp(r) of |r| <= ln2 / 2: its Taylor polynomial of degree 7, whose remainder is below 2^-27.
inline Floats ExpNearZero(Floats r) {
  Floats p = Splat(1.0f / 5040);
  p = Fma(p, r, Splat(1.0f / 720));
  p = Fma(p, r, Splat(1.0f / 120));
  p = Fma(p, r, Splat(1.0f / 24));
  p = Fma(p, r, Splat(1.0f / 6));
  p = Fma(p, r, Splat(0.5f));
  p = Fma(p, r, Splat(1.0f));
  return Fma(p, r, Splat(1.0f));
}

// x = n ln2 + rest with a whole n. ln2 is split in two (Cody and Waite) so that n * ln2 is
// subtracted without loss.
struct Reduced {
  Floats n;
  Floats rest;
};
inline Reduced ReduceByLn2(Floats x) {
  const Floats n = Nearest(Mul(x, Splat(1.44269504088896341f)));
  const Floats rest = FmaNegated(n, Splat(0.693145751953125f), x);
  return {n, FmaNegated(n, Splat(1.42860682030941723212e-6f), rest)};
}

// exp(x) to about one unit in the last place; 0 below -87.3, infinity above 88.7, NaN for NaN.
inline Floats Exp(Floats x) {
  const Floats lowest = Splat(-87.3365f);
  const Floats highest = Splat(88.7228f);
  const Reduced reduced = ReduceByLn2(Min(Max(x, lowest), highest));
  const Floats p = ExpNearZero(reduced.rest);

  // 2^n, put together from its bits: twice half the power, for 2^128 has no float.
  const Words whole = ToWords(reduced.n);
  const Words half = ShiftRightSigned<1>(whole);
  const auto power = [](Words e) { return AsFloats(ShiftLeft<23>(Add(e, SplatWord(127)))); };
  Floats result = Mul(Mul(p, power(half)), power(Sub(whole, half)));

  result = Without(result, Less(x, lowest));
  result = Select(result, Splat(__builtin_inff()), Less(highest, x));
  return Select(result, x, IsNaN(x));
}

// exp(x) of an x that is 0 or less, or NaN: 0 below -86.
inline Floats ExpOfNegative(Floats x) {
  const Floats lowest = Splat(-86);
  const Reduced reduced = ReduceByLn2(Max(lowest, x));
  const Words power = ShiftLeft<23>(ToWords(reduced.n));
  const Floats e = AsFloats(Add(AsWords(ExpNearZero(reduced.rest)), power));
  return Without(e, Less(x, lowest));
}

// ln(1 + exp(x)) = max(x, 0) + ln(1 + u) where u = exp(-|x|). With s = u / (2 + u), at most 1/3,
// the logarithm is 2 artanh(s): its series up to s^15 is exact to 2e-9.
inline Floats SoftplusOf(Floats x) {
  const Floats u = Exp(NegatedMagnitude(x));
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
