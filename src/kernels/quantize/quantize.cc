#include "kernels/quantize/quantize.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/half.h"
#include "kernels/quantize/iq_quants.h"
#include "kernels/quantize/k_quants.h"
#include "tensor/blocks.h"

namespace ingle {
namespace {

constexpr float kLargestHalf = 65504.0f;

// The integer part of a number that should lie in [0, levels], NaN as 0.
int ToLevel(float value, int levels) {
  if (value >= static_cast<float>(levels)) return levels;
  return value > 0 ? static_cast<int>(value) : 0;
}

// Half away from zero, for numbers that should lie in [-127, 127], NaN as 0.
int RoundToInt8(float value) {
  if (!(value > -127.0f)) return value <= -127.0f ? -127 : 0;
  if (value >= 127.0f) return 127;
  const int whole = static_cast<int>(value);
  const float rest = value - static_cast<float>(whole);
  return whole + (rest >= 0.5f ? 1 : 0) - (rest <= -0.5f ? 1 : 0);
}

float InverseOf(float scale) { return scale == 0 ? 0.0f : 1.0f / scale; }

// The value farthest from zero; the first of equals.
float Extreme(const float* x) {
  float extreme = x[0];
  for (int i = 1; i < kBlock; ++i) {
    if (std::abs(x[i]) > std::abs(extreme)) extreme = x[i];
  }
  return extreme;
}

// Elements i and i + 16 share a byte.
void PackNibbles(const int* q, uint8_t* packed) {
  for (int i = 0; i < kBlock / 2; ++i) {
    packed[i] = static_cast<uint8_t>((q[i] & 15) | (q[i + kBlock / 2] & 15) << 4);
  }
}

void PackFifthBits(const int* q, uint8_t* packed) {
  uint32_t bits = 0;
  for (int i = 0; i < kBlock; ++i) bits |= static_cast<uint32_t>(q[i] >> 4) << i;
  std::memcpy(packed, &bits, sizeof(bits));
}

// Levels around zero: the extreme maps to the lowest of 2 * half levels. Returns the scale.
float QuantizeSymmetric(const float* x, int half, int* q) {
  const float d = Extreme(x) / static_cast<float>(-half);
  const float inverse = InverseOf(d);
  const float bias = static_cast<float>(half) + 0.5f;
  for (int i = 0; i < kBlock; ++i) q[i] = ToLevel(x[i] * inverse + bias, 2 * half - 1);
  return d;
}

struct ScaleAndMin {
  float d;
  float m;
};

// Levels 0 .. levels between the smallest and the largest value.
ScaleAndMin QuantizeAffine(const float* x, int levels, int* q) {
  const float min = *std::min_element(x, x + kBlock);
  const float max = *std::max_element(x, x + kBlock);
  const float d = (max - min) / static_cast<float>(levels);
  const float inverse = InverseOf(d);
  for (int i = 0; i < kBlock; ++i) q[i] = ToLevel((x[i] - min) * inverse + 0.5f, levels);
  return {d, min};
}

void Encode(const float* x, BlockQ4_0& block) {
  int q[kBlock];
  block.d = F32ToF16(QuantizeSymmetric(x, 8, q));
  PackNibbles(q, block.q);
}

void Encode(const float* x, BlockQ4_1& block) {
  int q[kBlock];
  const ScaleAndMin fit = QuantizeAffine(x, 15, q);
  block.d = F32ToF16(fit.d);
  block.m = F32ToF16(fit.m);
  PackNibbles(q, block.q);
}

void Encode(const float* x, BlockQ5_0& block) {
  int q[kBlock];
  block.d = F32ToF16(QuantizeSymmetric(x, 16, q));
  PackNibbles(q, block.q);
  PackFifthBits(q, block.high);
}

void Encode(const float* x, BlockQ5_1& block) {
  int q[kBlock];
  const ScaleAndMin fit = QuantizeAffine(x, 31, q);
  block.d = F32ToF16(fit.d);
  block.m = F32ToF16(fit.m);
  PackNibbles(q, block.q);
  PackFifthBits(q, block.high);
}

void Encode(const float* x, BlockQ8_0& block) {
  const float d = std::abs(Extreme(x)) / 127.0f;
  const float inverse = InverseOf(d);
  for (int i = 0; i < kBlock; ++i) block.q[i] = static_cast<int8_t>(RoundToInt8(x[i] * inverse));
  block.d = F32ToF16(d);
}

template <class Block, int kElements>
void EncodeBlocks(const float* row, std::byte* out, size_t elements) {
  for (size_t i = 0; i < elements; i += kElements, out += sizeof(Block)) {
    float x[kElements];
    for (int j = 0; j < kElements; ++j) {
      const float value = row[i + static_cast<size_t>(j)];
      x[j] = std::isfinite(value) ? value
             : std::isnan(value)  ? 0.0f
                                  : std::copysign(kLargestHalf, value);
    }
    Block block;
    Encode(x, block);
    std::memcpy(out, &block, sizeof(block));
  }
}

template <uint16_t (*kConvert)(float)>
void EncodeEach(const float* row, std::byte* out, size_t elements) {
  for (size_t i = 0; i < elements; ++i) {
    const uint16_t stored = kConvert(row[i]);
    std::memcpy(out + i * sizeof(stored), &stored, sizeof(stored));
  }
}

void Copy(const float* row, std::byte* out, size_t elements) {
  if (elements > 0) std::memcpy(out, row, elements * sizeof(float));
}

struct Encoder {
  DType type;
  void (*run)(const float* row, std::byte* out, size_t elements);
};

constexpr Encoder kEncoders[] = {
    {DType::kF32, Copy},
    {DType::kF16, EncodeEach<F32ToF16>},
    {DType::kBF16, EncodeEach<F32ToBF16>},
    {DType::kQ4_0, EncodeBlocks<BlockQ4_0, kBlock>},
    {DType::kQ4_1, EncodeBlocks<BlockQ4_1, kBlock>},
    {DType::kQ5_0, EncodeBlocks<BlockQ5_0, kBlock>},
    {DType::kQ5_1, EncodeBlocks<BlockQ5_1, kBlock>},
    {DType::kQ8_0, EncodeBlocks<BlockQ8_0, kBlock>},
    {DType::kQ2_K, EncodeBlocks<BlockQ2_K, kSuperBlock>},
    {DType::kQ3_K, EncodeBlocks<BlockQ3_K, kSuperBlock>},
    {DType::kQ4_K, EncodeBlocks<BlockQ4_K, kSuperBlock>},
    {DType::kQ5_K, EncodeBlocks<BlockQ5_K, kSuperBlock>},
    {DType::kQ6_K, EncodeBlocks<BlockQ6_K, kSuperBlock>},
    {DType::kIQ4_NL, EncodeBlocks<BlockIQ4_NL, kBlock>},
    {DType::kIQ4_XS, EncodeBlocks<BlockIQ4_XS, kSuperBlock>},
    {DType::kTQ1_0, EncodeBlocks<BlockTQ1_0, kSuperBlock>},
    {DType::kTQ2_0, EncodeBlocks<BlockTQ2_0, kSuperBlock>},
    {DType::kMXFP4, EncodeBlocks<BlockMXFP4, kBlock>},
};

const Encoder* FindEncoder(DType type) {
  for (const Encoder& encoder : kEncoders) {
    if (encoder.type == type) return &encoder;
  }
  return nullptr;
}

}  // namespace

bool CanQuantize(DType type) { return FindEncoder(type) != nullptr; }

void QuantizeRow(DType type, const float* row, std::byte* out, size_t elements) {
  FindEncoder(type)->run(row, out, elements);
}

}  // namespace ingle
