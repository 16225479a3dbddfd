// The numbers that GGUF files use for types: of metadata values, and of tensors ("ggml types").
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tensor/dtype.h"

namespace ingle {

// The type of a metadata value, as stored.
enum class GgufType : uint8_t {
  kUint8 = 0,
  kInt8 = 1,
  kUint16 = 2,
  kInt16 = 3,
  kUint32 = 4,
  kInt32 = 5,
  kFloat32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kUint64 = 10,
  kInt64 = 11,
  kFloat64 = 12,
};

// Nothing when no such type exists.
std::optional<GgufType> GgufTypeFromId(uint32_t id);

// "uint32", "string" ...
std::string_view Name(GgufType type);

// Bytes of one value in a file; for strings and arrays, which vary, 0.
uint32_t FixedBytes(GgufType type);

// A tensor's type as files number it. Ingle computes with those that have a dtype; of the others it
// knows the size, so that a file which holds them can still be inspected.
struct GgmlType {
  uint32_t id;
  std::string_view name;
  uint32_t block_elements;
  uint32_t block_bytes;
  std::optional<DType> dtype;
};

// Null when no such type exists.
const GgmlType* FindGgmlType(uint32_t id);

// Null for a type that GGUF does not have: F8_E4M3, BOOL ...
const GgmlType* FindGgmlType(DType type);

}  // namespace ingle
