// The element types of tensors, quantized blocks among them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ingle {

enum class DType : uint8_t {
  kF32,
  kF16,
  kBF16,
  kI32,
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
};
constexpr int kDTypeCount = 14;

// A row of a tensor is a whole number of blocks; an unquantized type's block is one element.
struct DTypeInfo {
  std::string_view name;    // as GGUF tools write it: "F32", "Q4_K"
  uint32_t block_elements;  // elements in a block
  uint32_t block_bytes;     // bytes of a block
};

const DTypeInfo& Info(DType type);
inline std::string_view Name(DType type) { return Info(type).name; }
inline bool IsQuantized(DType type) { return Info(type).block_elements > 1; }

// By name, without regard to case.
std::optional<DType> DTypeFromName(std::string_view name);

// Bytes of a row of this many elements. REQUIRES: elements is a whole number of blocks.
inline uint64_t RowBytes(DType type, uint64_t elements) {
  const DTypeInfo& info = Info(type);
  return elements / info.block_elements * info.block_bytes;
}

}  // namespace ingle
