#include "formats/safetensors/safetensors_types.h"

#include <iterator>

namespace ingle {
namespace {

// In the order of their data in a file.
constexpr SafetensorsType kTypes[] = {
    {"U64", 64, std::nullopt},
    {"I64", 64, DType::kI64},
    {"F64", 64, DType::kF64},
    {"C64", 64, std::nullopt},
    {"F32", 32, DType::kF32},
    {"U32", 32, std::nullopt},
    {"I32", 32, DType::kI32},
    {"BF16", 16, DType::kBF16},
    {"F16", 16, DType::kF16},
    {"U16", 16, std::nullopt},
    {"I16", 16, DType::kI16},
    {"F8_E5M2FNUZ", 8, std::nullopt},
    {"F8_E4M3FNUZ", 8, std::nullopt},
    {"F8_E8M0", 8, std::nullopt},
    {"F8_E4M3", 8, DType::kF8_E4M3},
    {"F8_E5M2", 8, DType::kF8_E5M2},
    {"I8", 8, DType::kI8},
    {"U8", 8, DType::kU8},
    {"F6_E3M2", 6, std::nullopt},
    {"F6_E2M3", 6, std::nullopt},
    {"F4", 4, std::nullopt},
    {"BOOL", 8, DType::kBool},
};

}  // namespace

const SafetensorsType* FindSafetensorsType(std::string_view name) {
  for (const SafetensorsType& type : kTypes) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

const SafetensorsType* FindSafetensorsType(DType dtype) {
  for (const SafetensorsType& type : kTypes) {
    if (type.dtype == dtype) return &type;
  }
  return nullptr;
}

int SafetensorsRank(const SafetensorsType& type) { return static_cast<int>(&type - kTypes); }

}  // namespace ingle
