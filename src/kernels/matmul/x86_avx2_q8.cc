// Quantized weights times Q8 activations, AVX2.
//
// Every block type is brought to one form: groups of 32 unsigned integers q with a scale for each
// half and a minimum for each half, w = scale * q + minimum (of a type whose values are centred,
// the centre times the scale is the minimum). A half meets one group of activations x = a * p:
//
//   sum(w x) = a * scale * sum(q p) + minimum * sum(x)
//
// where sum(x) was stored beside the activations. q is below 2^7 and |p| <= 127, so maddubs never
// saturates: 2 * 63 * 127 < 2^15. Types with signed weights and no minimum (Q8_0, and those that
// look their values up) move the sign over to p.
//
// A group is unpacked once for four tokens; each token sums on its own, so its result does not
// depend on its neighbours.
#include "kernels/matmul/x86_avx2.h"
#include "kernels/q8_rows.h"
#include "kernels/x86_avx2_inline.h"
#include "tensor/blocks.h"

namespace ingle {
namespace {

struct Group {
  __m256i q;
  __m256 scale;    // lanes 0 to 3 for the first sixteen values, 4 to 7 for the others
  __m128 minimum;  // lane 0 for the first sixteen values, lane 1 for the others
};

// Little-endian loads from anywhere.
template <class T>
T LoadAs(const void* p) {
  T value;
  __builtin_memcpy(&value, p, sizeof(value));
  return value;
}

// The float with these bits.
float LoadFloat(uint32_t bits) { return LoadAs<float>(&bits); }

__m128i Load16(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
__m256i Load32(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }

// Low nibbles of sixteen bytes, then their high nibbles.
__m256i Nibbles(const uint8_t* p) {
  const __m128i bytes = Load16(p);
  const __m256i both =
      _mm256_inserti128_si256(_mm256_castsi128_si256(bytes), _mm_srli_epi16(bytes, 4), 1);
  return _mm256_and_si256(both, _mm256_set1_epi8(15));
}

// Byte i is `value` where bit i of bits is set, else 0.
__m256i SpreadBits(uint32_t bits, char value) {
  const __m256i which_byte = _mm256_setr_epi64x(0x0000000000000000, 0x0101010101010101,
                                                0x0202020202020202, 0x0303030303030303);
  const __m256i which_bit = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201));
  const __m256i bytes = _mm256_shuffle_epi8(_mm256_set1_epi32(static_cast<int>(bits)), which_byte);
  const __m256i set = _mm256_cmpeq_epi8(_mm256_and_si256(bytes, which_bit), which_bit);
  return _mm256_and_si256(set, _mm256_set1_epi8(value));
}

__m256 Halves(float first, float second) {
  return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_set1_ps(first)), _mm_set1_ps(second), 1);
}
__m128 Pair(float first, float second) { return _mm_setr_ps(first, second, 0, 0); }

// One group a block: scale d, minimum m.
Group SimpleGroup(__m256i q, float d, float m) { return {q, _mm256_set1_ps(d), Pair(m, m)}; }

// ---- Block types. Each has kGroups and Unpack(block, group). ----

struct Q4_0 {
  using Block = BlockQ4_0;
  static constexpr int kGroups = 1;
  static Group Unpack(const Block& b, int) {
    const float d = HalfToFloat(b.d);
    return SimpleGroup(Nibbles(b.q), d, -8 * d);
  }
};

struct Q4_1 {
  using Block = BlockQ4_1;
  static constexpr int kGroups = 1;
  static Group Unpack(const Block& b, int) {
    return SimpleGroup(Nibbles(b.q), HalfToFloat(b.d), HalfToFloat(b.m));
  }
};

struct Q5_0 {
  using Block = BlockQ5_0;
  static constexpr int kGroups = 1;
  static Group Unpack(const Block& b, int) {
    const float d = HalfToFloat(b.d);
    const __m256i high = SpreadBits(LoadAs<uint32_t>(b.high), 16);
    return SimpleGroup(_mm256_or_si256(Nibbles(b.q), high), d, -16 * d);
  }
};

struct Q5_1 {
  using Block = BlockQ5_1;
  static constexpr int kGroups = 1;
  static Group Unpack(const Block& b, int) {
    const __m256i high = SpreadBits(LoadAs<uint32_t>(b.high), 16);
    return SimpleGroup(_mm256_or_si256(Nibbles(b.q), high), HalfToFloat(b.d), HalfToFloat(b.m));
  }
};

struct Q2_K {
  using Block = BlockQ2_K;
  static constexpr int kGroups = 8;
  static Group Unpack(const Block& b, int group) {
    // Groups 0 to 3 are the four bit pairs of the first 32 bytes, 4 to 7 of the second.
    const __m256i bytes = Load32(b.q + group / 4 * 32);
    const __m256i q =
        _mm256_and_si256(_mm256_srli_epi16(bytes, group % 4 * 2), _mm256_set1_epi8(3));
    const float d = HalfToFloat(b.d);
    const float dmin = HalfToFloat(b.dmin);
    const uint8_t* s = b.scales + 2 * group;
    return {q, Halves(d * static_cast<float>(s[0] & 15), d * static_cast<float>(s[1] & 15)),
            Pair(-dmin * static_cast<float>(s[0] >> 4), -dmin * static_cast<float>(s[1] >> 4))};
  }
};

// Scale i of sixteen: four low bits from the first eight bytes, two high bits from the last four.
int ScaleQ3_K(const uint8_t* scales, int i) {
  const int low = scales[i % 8] >> (i / 8 * 4) & 15;
  const int high = scales[8 + i % 4] >> (i / 4 * 2) & 3;
  return (low | high << 4) - 32;
}

struct Q3_K {
  using Block = BlockQ3_K;
  static constexpr int kGroups = 8;
  static Group Unpack(const Block& b, int group) {
    const __m256i low = _mm256_and_si256(
        _mm256_srli_epi16(Load32(b.q + group / 4 * 32), group % 4 * 2), _mm256_set1_epi8(3));
    // Bit `group` of byte i is the third bit of element i of the group.
    const __m256i high = _mm256_and_si256(
        _mm256_slli_epi16(_mm256_srli_epi16(Load32(b.high), group), 2), _mm256_set1_epi8(4));
    const float d = HalfToFloat(b.d);
    const float s0 = d * static_cast<float>(ScaleQ3_K(b.scales, 2 * group));
    const float s1 = d * static_cast<float>(ScaleQ3_K(b.scales, 2 * group + 1));
    return {_mm256_or_si256(low, high), Halves(s0, s1), Pair(-4 * s0, -4 * s1)};
  }
};

// The six-bit scale and minimum of group i of eight, packed into twelve bytes.
struct ScaleMin {
  float scale;
  float minimum;
};
ScaleMin ScaleMinK(const uint8_t* s, int i) {
  if (i < 4) return {static_cast<float>(s[i] & 63), static_cast<float>(s[i + 4] & 63)};
  return {static_cast<float>((s[i + 4] & 15) | s[i - 4] >> 6 << 4),
          static_cast<float>(s[i + 4] >> 4 | s[i] >> 6 << 4)};
}

// Two groups share 32 bytes: the even one is the low nibbles.
__m256i NibblesK(const uint8_t* q, int group) {
  return _mm256_and_si256(_mm256_srli_epi16(Load32(q + group / 2 * 32), group % 2 * 4),
                          _mm256_set1_epi8(15));
}

struct Q4_K {
  using Block = BlockQ4_K;
  static constexpr int kGroups = 8;
  static Group Unpack(const Block& b, int group) {
    const ScaleMin s = ScaleMinK(b.scales, group);
    return SimpleGroup(NibblesK(b.q, group), HalfToFloat(b.d) * s.scale,
                       -HalfToFloat(b.dmin) * s.minimum);
  }
};

struct Q5_K {
  using Block = BlockQ5_K;
  static constexpr int kGroups = 8;
  static Group Unpack(const Block& b, int group) {
    const ScaleMin s = ScaleMinK(b.scales, group);
    const __m256i high = _mm256_and_si256(
        _mm256_slli_epi16(_mm256_srli_epi16(Load32(b.high), group), 4), _mm256_set1_epi8(16));
    return SimpleGroup(_mm256_or_si256(NibblesK(b.q, group), high), HalfToFloat(b.d) * s.scale,
                       -HalfToFloat(b.dmin) * s.minimum);
  }
};

struct Q6_K {
  using Block = BlockQ6_K;
  static constexpr int kGroups = 8;
  static Group Unpack(const Block& b, int group) {
    // Each half of the block has 64 bytes of low nibbles and 32 bytes of high bit pairs; its groups
    // are low nibbles of the first and second 32 bytes, then their high nibbles.
    const int half = group / 4;
    const int within = group % 4;
    const __m256i low = _mm256_and_si256(
        _mm256_srli_epi16(Load32(b.low + half * 64 + within % 2 * 32), within / 2 * 4),
        _mm256_set1_epi8(15));
    const __m256i high = _mm256_and_si256(
        _mm256_slli_epi16(_mm256_srli_epi16(Load32(b.high + half * 32), within * 2), 4),
        _mm256_set1_epi8(48));
    const float d = HalfToFloat(b.d);
    const float s0 = d * static_cast<float>(b.scales[2 * group]);
    const float s1 = d * static_cast<float>(b.scales[2 * group + 1]);
    return {_mm256_or_si256(low, high), Halves(s0, s1), Pair(-32 * s0, -32 * s1)};
  }
};

// ---- Block types of signed values without a minimum. Unpack gives a SignedGroup. ----

struct SignedGroup {
  __m256i q;
  __m256 scale;  // as in Group
};

struct Q8_0 {
  using Block = BlockQ8_0;
  static constexpr int kGroups = 1;
  static constexpr bool kSigned = true;
  static SignedGroup Unpack(const Block& b, int) {
    return {Load32(b.q), _mm256_set1_ps(HalfToFloat(b.d))};
  }
};

// Sixteen values at each of 32 places.
__m256i LookUp(const int8_t* values, __m256i places) {
  return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(Load16(values)), places);
}

struct IQ4_NL {
  using Block = BlockIQ4_NL;
  static constexpr int kGroups = 1;
  static constexpr bool kSigned = true;
  static SignedGroup Unpack(const Block& b, int) {
    return {LookUp(kIq4Values, Nibbles(b.q)), _mm256_set1_ps(HalfToFloat(b.d))};
  }
};

struct IQ4_XS {
  using Block = BlockIQ4_XS;
  static constexpr int kGroups = 8;
  static constexpr bool kSigned = true;
  static SignedGroup Unpack(const Block& b, int group) {
    const int low = b.scales_low[group / 2] >> group % 2 * 4 & 15;
    const int high = b.scales_high >> 2 * group & 3;
    const float scale = HalfToFloat(b.d) * static_cast<float>((low | high << 4) - 32);
    return {LookUp(kIq4Values, Nibbles(b.q + group * 16)), _mm256_set1_ps(scale)};
  }
};

// Half of 2^(bits - 127).
float HalfE8M0(uint8_t bits) {
  if (bits < 2) return LoadFloat(0x00200000u << bits);  // too small for an exponent
  return LoadFloat(static_cast<uint32_t>(bits - 1) << 23);
}

struct MXFP4 {
  using Block = BlockMXFP4;
  static constexpr int kGroups = 1;
  static constexpr bool kSigned = true;
  static SignedGroup Unpack(const Block& b, int) {
    return {LookUp(kFp4Values, Nibbles(b.q)), _mm256_set1_ps(HalfE8M0(b.scale))};
  }
};

// Half of an E4M3 number, as kernels/dequantize has it.
float HalfE4M3(uint8_t bits) {
  const uint32_t exponent = bits >> 3 & 15u;
  const uint32_t mantissa = bits & 7u;
  if (bits == 0x7F) return 0;
  if (exponent == 0) return static_cast<float>(mantissa) * 0x1p-10f;
  return LoadFloat((exponent + 119) << 23 | mantissa << 20);
}

struct NVFP4 {
  using Block = BlockNVFP4;
  static constexpr int kGroups = 2;
  static constexpr bool kSigned = true;
  static SignedGroup Unpack(const Block& b, int group) {
    // Two sub-blocks of eight bytes: each its low nibbles, then its high ones.
    const __m128i bytes = Load16(b.q[2 * group]);
    const __m128i low = _mm_and_si128(bytes, _mm_set1_epi8(15));
    const __m128i high = _mm_and_si128(_mm_srli_epi16(bytes, 4), _mm_set1_epi8(15));
    const __m256i places =
        _mm256_set_m128i(_mm_unpackhi_epi64(low, high), _mm_unpacklo_epi64(low, high));
    return {LookUp(kFp4Values, places),
            Halves(HalfE4M3(b.scales[2 * group]), HalfE4M3(b.scales[2 * group + 1]))};
  }
};

// ---- Dot products ----

// Weights of one group: they meet two groups of activations.
constexpr size_t kGroupSize = 2 * kQ8Group;

__m256 IntegerDot(__m256i q, __m256i p) {
  const __m256i pairs = _mm256_maddubs_epi16(q, p);
  return _mm256_cvtepi32_ps(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

// The activations of one token.
struct TokenRow {
  const std::byte* q;
  const float* scale;
  const float* sum;
};

// The scales of the two groups of activations, each in four lanes.
__m256 ScalesOf(const TokenRow& x, size_t group) {
  const __m128 both =
      _mm_castsi128_ps(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(x.scale + 2 * group)));
  return _mm256_permutevar8x32_ps(_mm256_castps128_ps256(both),
                                  _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1));
}

TokenRow RowOf(const MatMulTask& task, size_t token) {
  const std::byte* row = task.input + token * task.input_row_bytes;
  return {row, reinterpret_cast<const float*>(row + Q8ScaleOffset(task.columns)),
          reinterpret_cast<const float*>(row + Q8SumOffset(task.columns))};
}

void Store(const MatMulTask& task, size_t token, size_t row, float value) {
  const size_t at = token * task.output_stride + row;
  if (task.bias != nullptr) value += task.bias[row];
  if (task.residual != nullptr) value += task.residual[at];
  task.output[at] = value;
}

template <class Type, int kTokens>
void DotRow(const MatMulTask& task, size_t r, size_t token) {
  const auto* blocks =
      reinterpret_cast<const typename Type::Block*>(task.weights + r * task.weight_row_bytes);
  const size_t groups = task.columns / kGroupSize;
  TokenRow x[kTokens];
  __m256 dots[kTokens];
  __m128 offsets[kTokens];
  for (int t = 0; t < kTokens; ++t) {
    x[t] = RowOf(task, token + t);
    dots[t] = _mm256_setzero_ps();
    offsets[t] = _mm_setzero_ps();
  }
  for (size_t g = 0; g < groups; ++blocks) {
    for (int within = 0; within < Type::kGroups; ++within, ++g) {
      const Group group = Type::Unpack(*blocks, within);
      for (int t = 0; t < kTokens; ++t) {
        const __m256 dot = IntegerDot(group.q, Load32(x[t].q + g * kGroupSize));
        const __m256 scale = _mm256_mul_ps(group.scale, ScalesOf(x[t], g));
        dots[t] = _mm256_fmadd_ps(dot, scale, dots[t]);
        const __m128 sums =
            _mm_castsi128_ps(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(x[t].sum + 2 * g)));
        offsets[t] = _mm_fmadd_ps(group.minimum, sums, offsets[t]);
      }
    }
  }
  for (int t = 0; t < kTokens; ++t) {
    Store(task, token + t, r, SumLanes(dots[t]) + SumLanes(offsets[t]));
  }
}

// |-128| is 128 as an unsigned byte, and 2 * 128 * 127 < 2^15.
template <class Type, int kTokens>
  requires(Type::kSigned)
void DotRow(const MatMulTask& task, size_t r, size_t token) {
  const auto* blocks =
      reinterpret_cast<const typename Type::Block*>(task.weights + r * task.weight_row_bytes);
  const size_t groups = task.columns / kGroupSize;
  TokenRow x[kTokens];
  __m256 dots[kTokens];
  for (int t = 0; t < kTokens; ++t) {
    x[t] = RowOf(task, token + t);
    dots[t] = _mm256_setzero_ps();
  }
  for (size_t g = 0; g < groups; ++blocks) {
    for (int within = 0; within < Type::kGroups; ++within, ++g) {
      const SignedGroup group = Type::Unpack(*blocks, within);
      const __m256i magnitude = _mm256_abs_epi8(group.q);
      for (int t = 0; t < kTokens; ++t) {
        const __m256i p = _mm256_sign_epi8(Load32(x[t].q + g * kGroupSize), group.q);
        const __m256 scale = _mm256_mul_ps(group.scale, ScalesOf(x[t], g));
        dots[t] = _mm256_fmadd_ps(IntegerDot(magnitude, p), scale, dots[t]);
      }
    }
  }
  for (int t = 0; t < kTokens; ++t) Store(task, token + t, r, SumLanes(dots[t]));
}

template <class Type>
void MatMulRows(const MatMulTask& task) {
  // Sixteen rows and four tokens fit the first-level cache together, at the usual widths.
  constexpr size_t kRowBlock = 16;
  for (size_t begin = task.row_begin; begin < task.row_end; begin += kRowBlock) {
    const size_t end = begin + kRowBlock < task.row_end ? begin + kRowBlock : task.row_end;
    size_t token = 0;
    for (; token + 4 <= task.tokens; token += 4) {
      for (size_t r = begin; r < end; ++r) DotRow<Type, 4>(task, r, token);
    }
    for (; token < task.tokens; ++token) {
      for (size_t r = begin; r < end; ++r) DotRow<Type, 1>(task, r, token);
    }
  }
}

}  // namespace

void MatMulQ4_0Avx2(const MatMulTask& task) { MatMulRows<Q4_0>(task); }
void MatMulQ4_1Avx2(const MatMulTask& task) { MatMulRows<Q4_1>(task); }
void MatMulQ5_0Avx2(const MatMulTask& task) { MatMulRows<Q5_0>(task); }
void MatMulQ5_1Avx2(const MatMulTask& task) { MatMulRows<Q5_1>(task); }
void MatMulQ8_0Avx2(const MatMulTask& task) { MatMulRows<Q8_0>(task); }
void MatMulIQ4_NLAvx2(const MatMulTask& task) { MatMulRows<IQ4_NL>(task); }
void MatMulIQ4_XSAvx2(const MatMulTask& task) { MatMulRows<IQ4_XS>(task); }
void MatMulMXFP4Avx2(const MatMulTask& task) { MatMulRows<MXFP4>(task); }
void MatMulNVFP4Avx2(const MatMulTask& task) { MatMulRows<NVFP4>(task); }
void MatMulQ2_KAvx2(const MatMulTask& task) { MatMulRows<Q2_K>(task); }
void MatMulQ3_KAvx2(const MatMulTask& task) { MatMulRows<Q3_K>(task); }
void MatMulQ4_KAvx2(const MatMulTask& task) { MatMulRows<Q4_K>(task); }
void MatMulQ5_KAvx2(const MatMulTask& task) { MatMulRows<Q5_K>(task); }
void MatMulQ6_KAvx2(const MatMulTask& task) { MatMulRows<Q6_K>(task); }

}  // namespace ingle
