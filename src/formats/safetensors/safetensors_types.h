// The names that safetensors files use for element types.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tensor/dtype.h"

namespace ingle {

// Ingle views tensors of the types that have a dtype; of the others it knows the size, so that a
// file which holds one can still be opened for the rest.
struct SafetensorsType {
  std::string_view name;
  uint32_t bits;  // of an element
  std::optional<DType> dtype;
};

// Null when no such type exists.
const SafetensorsType* FindSafetensorsType(std::string_view name);
// Null for a type that safetensors files do not have: the quantized blocks of GGUF.
const SafetensorsType* FindSafetensorsType(DType dtype);

// Tensors of a type with a smaller rank lie before those of a larger one in a file that the
// reference implementation wrote; so every tensor is aligned to its elements.
int SafetensorsRank(const SafetensorsType& type);

}  // namespace ingle
