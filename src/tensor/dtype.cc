#include "tensor/dtype.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "tensor/blocks.h"

namespace ingle {
namespace {

constexpr std::array<DTypeInfo, kDTypeCount> kInfo = {{
    {"F32", 1, 4},
    {"F16", 1, 2},
    {"BF16", 1, 2},
    {"I32", 1, 4},
    {"Q4_0", kBlock, sizeof(BlockQ4_0)},
    {"Q4_1", kBlock, sizeof(BlockQ4_1)},
    {"Q5_0", kBlock, sizeof(BlockQ5_0)},
    {"Q5_1", kBlock, sizeof(BlockQ5_1)},
    {"Q8_0", kBlock, sizeof(BlockQ8_0)},
    {"Q2_K", kSuperBlock, sizeof(BlockQ2_K)},
    {"Q3_K", kSuperBlock, sizeof(BlockQ3_K)},
    {"Q4_K", kSuperBlock, sizeof(BlockQ4_K)},
    {"Q5_K", kSuperBlock, sizeof(BlockQ5_K)},
    {"Q6_K", kSuperBlock, sizeof(BlockQ6_K)},
    {"F64", 1, 8},
    {"F8_E4M3", 1, 1},
    {"F8_E5M2", 1, 1},
    {"I64", 1, 8},
    {"I16", 1, 2},
    {"I8", 1, 1},
    {"U8", 1, 1},
    {"BOOL", 1, 1},
}};

bool SameName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::toupper(x) == std::toupper(y);
  });
}

}  // namespace

const DTypeInfo& Info(DType type) { return kInfo[static_cast<size_t>(type)]; }

std::optional<DType> DTypeFromName(std::string_view name) {
  for (size_t i = 0; i < kInfo.size(); ++i) {
    if (SameName(kInfo[i].name, name)) return static_cast<DType>(i);
  }
  return std::nullopt;
}

}  // namespace ingle
