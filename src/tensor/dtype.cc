#include "tensor/dtype.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "tensor/blocks.h"

namespace ingle {
namespace {

template <class Block>
constexpr DTypeInfo Blocks(std::string_view name, uint32_t elements) {
  return {name, elements, sizeof(Block)};
}

constexpr std::array<DTypeInfo, kDTypeCount> kInfo = {{
    {"F64", 1, 8},
    {"F32", 1, 4},
    {"F16", 1, 2},
    {"BF16", 1, 2},
    {"F8_E4M3", 1, 1},
    {"F8_E5M2", 1, 1},
    {"I64", 1, 8},
    {"I32", 1, 4},
    {"I16", 1, 2},
    {"I8", 1, 1},
    {"U8", 1, 1},
    {"BOOL", 1, 1},
    Blocks<BlockQ4_0>("Q4_0", kBlock),
    Blocks<BlockQ4_1>("Q4_1", kBlock),
    Blocks<BlockQ5_0>("Q5_0", kBlock),
    Blocks<BlockQ5_1>("Q5_1", kBlock),
    Blocks<BlockQ8_0>("Q8_0", kBlock),
    Blocks<BlockQ2_K>("Q2_K", kSuperBlock),
    Blocks<BlockQ3_K>("Q3_K", kSuperBlock),
    Blocks<BlockQ4_K>("Q4_K", kSuperBlock),
    Blocks<BlockQ5_K>("Q5_K", kSuperBlock),
    Blocks<BlockQ6_K>("Q6_K", kSuperBlock),
    Blocks<BlockIQ1_S>("IQ1_S", kSuperBlock),
    Blocks<BlockIQ1_M>("IQ1_M", kSuperBlock),
    Blocks<BlockIQ2_XXS>("IQ2_XXS", kSuperBlock),
    Blocks<BlockIQ2_XS>("IQ2_XS", kSuperBlock),
    Blocks<BlockIQ2_S>("IQ2_S", kSuperBlock),
    Blocks<BlockIQ3_XXS>("IQ3_XXS", kSuperBlock),
    Blocks<BlockIQ3_S>("IQ3_S", kSuperBlock),
    Blocks<BlockIQ4_NL>("IQ4_NL", kBlock),
    Blocks<BlockIQ4_XS>("IQ4_XS", kSuperBlock),
    Blocks<BlockTQ1_0>("TQ1_0", kSuperBlock),
    Blocks<BlockTQ2_0>("TQ2_0", kSuperBlock),
    Blocks<BlockMXFP4>("MXFP4", kBlock),
    Blocks<BlockNVFP4>("NVFP4", 2 * kBlock),
    Blocks<BlockQ1_0>("Q1_0", 4 * kBlock),
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
