#include "kernels/attention/cache_row.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/half.h"

namespace ingle {
namespace {

enum class Kind { kKey, kValue };

// In elements, of types that have them one by one.
size_t ElementAt(Kind kind, size_t slot, size_t size, size_t i) {
  return kind == Kind::kKey ? i * kPageTokens + slot : slot * size + i;
}

size_t Q8At(Kind kind, size_t slot, size_t size, size_t i) {
  return kind == Kind::kKey ? (i / 4 * kPageTokens + slot) * 4 + i % 4 : slot * size + i;
}

struct Nibble {
  size_t byte;
  bool high;
};

Nibble Q4At(Kind kind, size_t slot, size_t size, size_t i) {
  if (kind == Kind::kKey) return {(i / 8 * kPageTokens + slot) * 4 + i % 4, i % 8 >= 4};
  return {slot * (size / 2) + i / 32 * 16 + i % 16, i % 32 >= 16};
}

size_t ScaleAt(CacheType type, size_t size, size_t slot, size_t block) {
  return CacheScaleOffset(type, size) + (block * kPageTokens + slot) * sizeof(uint16_t);
}

template <class Number>
Number Read(const std::byte* from) {
  Number number;
  std::memcpy(&number, from, sizeof(number));
  return number;
}

void StoreScale(const CacheRow& to, size_t block, uint16_t bits) {
  std::memcpy(to.head + ScaleAt(to.type, to.size, to.slot, block), &bits, sizeof(bits));
}

float InverseOf(float scale) { return scale == 0 ? 0 : 1 / scale; }

// What is no number becomes low: its block's scale says what it is.
float CodeOf(float x, float low, float high) {
  return std::min(high, std::max(low, std::nearbyint(x)));
}

void StoreBlockQ8(Kind kind, const CacheRow& to, size_t block, const float* x) {
  float largest = 0;
  for (size_t i = 0; i < kCacheBlock; ++i) {
    if (!(std::fabs(x[i]) <= largest)) largest = std::fabs(x[i]);
  }
  const uint16_t bits = F32ToF16(largest / 127);
  const float inverse = InverseOf(F16ToF32(bits));
  StoreScale(to, block, bits);
  for (size_t i = 0; i < kCacheBlock; ++i) {
    const float code = CodeOf(x[i] * inverse, -127, 127);
    to.head[Q8At(kind, to.slot, to.size, block * kCacheBlock + i)] =
        static_cast<std::byte>(static_cast<int8_t>(code));
  }
}

// Codes by the element that is largest, which is -8; then the scale that is best for the codes.
void StoreBlockQ4(Kind kind, const CacheRow& to, size_t block, const float* x) {
  float largest = 0;
  for (size_t i = 0; i < kCacheBlock; ++i) {
    if (!(std::fabs(x[i]) <= std::fabs(largest))) largest = x[i];
  }
  const float inverse = InverseOf(largest / -8);
  float products = 0;
  float squares = 0;
  for (size_t i = 0; i < kCacheBlock; ++i) {
    const float code = CodeOf(x[i] * inverse, -8, 7);
    products += code * x[i];
    squares += code * code;
    const Nibble at = Q4At(kind, to.slot, to.size, block * kCacheBlock + i);
    const auto bits = static_cast<std::byte>(static_cast<int>(code) + 8);
    std::byte& byte = to.head[at.byte];
    byte = at.high ? (byte & std::byte{0x0F}) | bits << 4 : (byte & std::byte{0xF0}) | bits;
  }
  StoreScale(to, block, F32ToF16(squares == 0 ? largest : products / squares));
}

void Store(Kind kind, const CacheRow& to, const float* row, float* scratch) {
  if (to.type == CacheType::kF32) {
    for (size_t i = 0; i < to.size; ++i) {
      std::memcpy(to.head + ElementAt(kind, to.slot, to.size, i) * sizeof(float), row + i,
                  sizeof(float));
    }
  } else if (to.type == CacheType::kF16) {
    for (size_t i = 0; i < to.size; ++i) {
      const uint16_t bits = F32ToF16(row[i]);
      std::memcpy(to.head + ElementAt(kind, to.slot, to.size, i) * sizeof(bits), &bits,
                  sizeof(bits));
    }
  } else {
    std::copy_n(row, to.size, scratch);
    RotateHead(scratch, to.size);
    const auto store = to.type == CacheType::kQ8_0 ? StoreBlockQ8 : StoreBlockQ4;
    for (size_t block = 0; block < to.size / kCacheBlock; ++block) {
      store(kind, to, block, scratch + block * kCacheBlock);
    }
  }
}

float CodeAt(Kind kind, CacheType type, const std::byte* head, size_t slot, size_t size, size_t i) {
  if (type == CacheType::kQ8_0) return Read<int8_t>(head + Q8At(kind, slot, size, i));
  const Nibble at = Q4At(kind, slot, size, i);
  return static_cast<float>(static_cast<int>(head[at.byte] >> (at.high ? 4 : 0) & std::byte{0x0F}) -
                            8);
}

void Load(Kind kind, CacheType type, const std::byte* head, size_t slot, size_t size, float* row) {
  if (type == CacheType::kF32) {
    for (size_t i = 0; i < size; ++i) {
      row[i] = Read<float>(head + ElementAt(kind, slot, size, i) * sizeof(float));
    }
  } else if (type == CacheType::kF16) {
    for (size_t i = 0; i < size; ++i) {
      const size_t at = ElementAt(kind, slot, size, i) * sizeof(uint16_t);
      row[i] = F16ToF32(Read<uint16_t>(head + at));
    }
  } else {
    for (size_t i = 0; i < size; ++i) {
      const size_t at = ScaleAt(type, size, slot, i / kCacheBlock);
      row[i] = F16ToF32(Read<uint16_t>(head + at)) * CodeAt(kind, type, head, slot, size, i);
    }
  }
}

}  // namespace

void StoreKey(const CacheRow& to, const float* key, float* scratch) {
  Store(Kind::kKey, to, key, scratch);
}
void StoreValue(const CacheRow& to, const float* value, float* scratch) {
  Store(Kind::kValue, to, value, scratch);
}
void LoadKey(CacheType type, const std::byte* head, size_t slot, size_t size, float* key) {
  Load(Kind::kKey, type, head, slot, size, key);
}
void LoadValue(CacheType type, const std::byte* head, size_t slot, size_t size, float* value) {
  Load(Kind::kValue, type, head, slot, size, value);
}

}  // namespace ingle
