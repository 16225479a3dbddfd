// The element types of tensors as files store them: numbers, and blocks of quantized numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ingle {

enum class DType : uint8_t {
  kF64,
  kF32,
  kF16,
  kBF16,
  kF8_E4M3,  // no infinities: 448 is the largest, 0x7F is NaN
  kF8_E5M2,  // the upper byte of a binary16
  kI64,
  kI32,
  kI16,
  kI8,
  kU8,
  kBool,  // a byte, 0 or 1
  // Blocks, see tensor/blocks.h.
  kQ4_0,
  kQ4_1,
  kQ5_0,
  kQ5_1,
  kQ8_0,
  kQ2_K,
  kQ3_K,
  kQ4_K,
  kQ5_K,
  kQ6_K,
  kIQ1_S,
  kIQ1_M,
  kIQ2_XXS,
  kIQ2_XS,
  kIQ2_S,
  kIQ3_XXS,
  kIQ3_S,
  kIQ4_NL,
  kIQ4_XS,
  kTQ1_0,
  kTQ2_0,
  kMXFP4,
  kNVFP4,
  kQ1_0,
};
constexpr int kDTypeCount = 36;

// A row of a tensor is a whole number of blocks; an unquantized type's block is one element.
struct DTypeInfo {
  std::string_view name;    // as files and their tools write it: "F32", "Q4_K"
  uint32_t block_elements;  // elements in a block
  uint32_t block_bytes;     // bytes of a block
};

const DTypeInfo& Info(DType type);
inline std::string_view Name(DType type) { return Info(type).name; }
inline bool IsQuantized(DType type) { return Info(type).block_elements > 1; }
// Whether the elements are counts, places or flags, which no matrix product takes.
inline bool IsInteger(DType type) { return type >= DType::kI64 && type <= DType::kBool; }

// By name, without regard to case.
std::optional<DType> DTypeFromName(std::string_view name);

// Bytes of a row of this many elements. REQUIRES: elements is a whole number of blocks.
inline uint64_t RowBytes(DType type, uint64_t elements) {
  const DTypeInfo& info = Info(type);
  return elements / info.block_elements * info.block_bytes;
}

}  // namespace ingle
