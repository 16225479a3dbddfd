// Weights for tests.
#pragma once

#include <cstddef>
#include <cstring>
#include <vector>

#include "base/half.h"
#include "kernels/kernel_testing.h"
#include "tensor/blocks.h"
#include "tensor/dtype.h"

namespace ingle {

// Random bytes make valid blocks of every type once the binary16 scales in them are tame.
inline void TameScales(DType type, std::byte* block) {
  const auto tame = [&](size_t offset, float value) {
    const uint16_t bits = F32ToF16(value);
    std::memcpy(block + offset, &bits, sizeof(bits));
  };
  switch (type) {
    case DType::kQ4_0:
      return tame(offsetof(BlockQ4_0, d), 0.01f);
    case DType::kQ5_0:
      return tame(offsetof(BlockQ5_0, d), 0.01f);
    case DType::kQ8_0:
      return tame(offsetof(BlockQ8_0, d), 0.003f);
    case DType::kQ4_1:
    case DType::kQ5_1:
      return tame(0, 0.01f), tame(2, -0.07f);
    case DType::kQ2_K:
      return tame(offsetof(BlockQ2_K, d), 0.01f), tame(offsetof(BlockQ2_K, dmin), 0.005f);
    case DType::kQ3_K:
      return tame(offsetof(BlockQ3_K, d), 0.002f);
    case DType::kQ4_K:
    case DType::kQ5_K:
      return tame(0, 0.002f), tame(2, 0.001f);
    case DType::kQ6_K:
      return tame(offsetof(BlockQ6_K, d), 0.0005f);
    case DType::kIQ4_NL:
      return tame(offsetof(BlockIQ4_NL, d), 0.003f);
    case DType::kIQ4_XS:
      return tame(offsetof(BlockIQ4_XS, d), 0.0002f);
    case DType::kMXFP4:
      block[offsetof(BlockMXFP4, scale)] = static_cast<std::byte>(120);
      return;
    case DType::kQ1_0:
      return tame(offsetof(BlockQ1_0, d), 0.05f);
    case DType::kTQ1_0:
      return tame(offsetof(BlockTQ1_0, d), 0.05f);
    case DType::kTQ2_0:
      return tame(offsetof(BlockTQ2_0, d), 0.05f);
    case DType::kIQ1_S:
      return tame(offsetof(BlockIQ1_S, d), 0.01f);
    case DType::kIQ2_XXS:
    case DType::kIQ2_XS:
    case DType::kIQ2_S:
    case DType::kIQ3_XXS:
      return tame(0, 0.002f);
    case DType::kIQ3_S:
      return tame(0, 0.001f);
    case DType::kIQ1_M: {  // in the highest nibbles of four numbers
      const uint16_t d = F32ToF16(0.01f);
      for (int i = 0; i < 4; ++i) {
        std::byte& byte = block[offsetof(BlockIQ1_M, scales) + 2 * static_cast<size_t>(i) + 1];
        byte = (byte & std::byte{15}) | static_cast<std::byte>(d >> 4 * i << 4 & 0xF0);
      }
      return;
    }
    default:
      return;
  }
}

inline std::vector<std::byte> RandomWeights(DType type, size_t rows, size_t columns) {
  const std::vector<float> floats = RandomFloats(rows * columns, 7);
  std::vector<std::byte> bytes(rows * RowBytes(type, columns));
  if (type == DType::kF32) {
    std::memcpy(bytes.data(), floats.data(), floats.size() * sizeof(float));
    return bytes;
  }
  if (type == DType::kF16 || type == DType::kBF16) {
    for (size_t i = 0; i < floats.size(); ++i) {
      const uint16_t half = type == DType::kF16 ? F32ToF16(floats[i]) : F32ToBF16(floats[i]);
      std::memcpy(bytes.data() + 2 * i, &half, sizeof(half));
    }
    return bytes;
  }
  std::mt19937 random(11);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  for (size_t at = 0; at + Info(type).block_bytes <= bytes.size(); at += Info(type).block_bytes) {
    TameScales(type, bytes.data() + at);
  }
  return bytes;
}

}  // namespace ingle
