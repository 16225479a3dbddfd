#include "kernels/pack/pack.h"

#include <algorithm>
#include <cstring>

#include "tensor/panels.h"

namespace ingle {
namespace {

// The codes of 32 columns of a row, four columns a word, so that a word is a row's part of a line.
struct Codes {
  uint8_t code[32];

  uint32_t word(int step) const {
    uint32_t four;
    std::memcpy(&four, code + 4 * step, sizeof(four));
    return four;
  }
};

void Put(Line& line, int row, uint32_t four) { std::memcpy(line + 4 * row, &four, sizeof(four)); }

// Planes of the lowest bits of codes; whoever has more bits calls these with the codes shifted.
void PutFourBits(Line (&lines)[4], int row, const Codes& codes, int shift = 0) {
  for (int i = 0; i < 4; ++i) {
    const uint32_t low = codes.word(i) >> shift & 0x0F0F0F0Fu;
    const uint32_t high = codes.word(i + 4) >> shift & 0x0F0F0F0Fu;
    Put(lines[i], row, low | high << 4);
  }
}

void PutTwoBits(Line (&lines)[2], int row, const Codes& codes, int shift = 0) {
  for (int i = 0; i < 2; ++i) {
    uint32_t four = 0;
    for (int s = 0; s < 4; ++s) four |= (codes.word(4 * i + s) >> shift & 0x03030303u) << 2 * s;
    Put(lines[i], row, four);
  }
}

void PutOneBit(Line& line, int row, const Codes& codes, int shift) {
  uint32_t four = 0;
  for (int s = 0; s < 8; ++s) four |= (codes.word(s) >> shift & 0x01010101u) << s;
  Put(line, row, four);
}

// Sixteen bytes: columns 0 to 15 in the low nibbles, 16 to 31 in the high ones.
Codes NibbleCodes(const uint8_t* q) {
  Codes codes;
  for (int i = 0; i < 16; ++i) {
    codes.code[i] = q[i] & 15;
    codes.code[i + 16] = q[i] >> 4;
  }
  return codes;
}

void AddHighBits(Codes& codes, const uint8_t (&high)[4]) {
  for (int i = 0; i < 32; ++i) {
    codes.code[i] |= static_cast<uint8_t>((high[i / 8] >> i % 8 & 1) << 4);
  }
}

// As many bytes of the row as there are fields.
template <size_t kCount>
void PutBytes(PanelByte (&fields)[kCount], int row, const uint8_t* bytes) {
  for (size_t i = 0; i < kCount; ++i) fields[i][row] = bytes[i];
}

// ---- One row's block of each type ----

void Pack(const BlockQ4_0& block, int row, PanelQ4_0& panel) {
  panel.d[row] = block.d;
  PutFourBits(panel.q, row, NibbleCodes(block.q));
}

void Pack(const BlockQ4_1& block, int row, PanelQ4_1& panel) {
  panel.d[row] = block.d;
  panel.m[row] = block.m;
  PutFourBits(panel.q, row, NibbleCodes(block.q));
}

void Pack(const BlockQ5_0& block, int row, PanelQ5_0& panel) {
  panel.d[row] = block.d;
  Codes codes = NibbleCodes(block.q);
  PutFourBits(panel.q, row, codes);
  AddHighBits(codes, block.high);
  PutOneBit(panel.high, row, codes, 4);
}

void Pack(const BlockQ5_1& block, int row, PanelQ5_1& panel) {
  panel.d[row] = block.d;
  panel.m[row] = block.m;
  Codes codes = NibbleCodes(block.q);
  PutFourBits(panel.q, row, codes);
  AddHighBits(codes, block.high);
  PutOneBit(panel.high, row, codes, 4);
}

void Pack(const BlockQ8_0& block, int row, PanelQ8_0& panel) {
  panel.d[row] = block.d;
  for (int i = 0; i < 8; ++i) std::memcpy(panel.q[i] + 4 * row, block.q + 4 * i, 4);
}

void Pack(const BlockIQ4_NL& block, int row, PanelIQ4_NL& panel) {
  panel.d[row] = block.d;
  PutFourBits(panel.q, row, NibbleCodes(block.q));
}

void Pack(const BlockMXFP4& block, int row, PanelMXFP4& panel) {
  panel.scale[row] = block.scale;
  PutFourBits(panel.q, row, NibbleCodes(block.q));
}

void Pack(const BlockNVFP4& block, int row, PanelNVFP4& panel) {
  PutBytes(panel.scales, row, block.scales);
  for (int group = 0; group < 2; ++group) {
    Codes codes;
    for (int i = 0; i < 32; ++i) {
      const uint8_t byte = block.q[2 * group + i / 16][i % 8];
      codes.code[i] = i % 16 < 8 ? byte & 15 : byte >> 4;
    }
    PutFourBits(panel.q[group], row, codes);
  }
}

// Groups of 32 in super-blocks: two-bit fields lie in four layers over 32 bytes, four-bit ones in
// two.
Codes PairsOfGroup(const uint8_t* q, int group) {
  Codes codes;
  for (int i = 0; i < 32; ++i) {
    codes.code[i] = static_cast<uint8_t>(q[group / 4 * 32 + i] >> group % 4 * 2 & 3);
  }
  return codes;
}

Codes NibblesOfGroup(const uint8_t* q, int group) {
  Codes codes;
  for (int i = 0; i < 32; ++i) {
    codes.code[i] = static_cast<uint8_t>(q[group / 2 * 32 + i] >> group % 2 * 4 & 15);
  }
  return codes;
}

Codes BitsOfGroup(const uint8_t* high, int group) {
  Codes codes;
  for (int i = 0; i < 32; ++i) codes.code[i] = static_cast<uint8_t>(high[i] >> group & 1);
  return codes;
}

// Four bytes, a bit a column.
Codes BitsOfBytes(const uint8_t* bytes) {
  Codes codes;
  for (int i = 0; i < 32; ++i) codes.code[i] = static_cast<uint8_t>(bytes[i / 8] >> i % 8 & 1);
  return codes;
}

void Pack(const BlockQ2_K& block, int row, PanelQ2_K& panel) {
  panel.d[row] = block.d;
  panel.dmin[row] = block.dmin;
  PutBytes(panel.scales, row, block.scales);
  for (int g = 0; g < 8; ++g) PutTwoBits(panel.q[g], row, PairsOfGroup(block.q, g));
}

void Pack(const BlockQ3_K& block, int row, PanelQ3_K& panel) {
  panel.d[row] = block.d;
  PutBytes(panel.scales, row, block.scales);
  for (int g = 0; g < 8; ++g) {
    PutTwoBits(panel.groups[g].low, row, PairsOfGroup(block.q, g));
    PutOneBit(panel.groups[g].high, row, BitsOfGroup(block.high, g), 0);
  }
}

void Pack(const BlockQ4_K& block, int row, PanelQ4_K& panel) {
  panel.d[row] = block.d;
  panel.dmin[row] = block.dmin;
  PutBytes(panel.scales, row, block.scales);
  for (int g = 0; g < 8; ++g) PutFourBits(panel.q[g], row, NibblesOfGroup(block.q, g));
}

void Pack(const BlockQ5_K& block, int row, PanelQ5_K& panel) {
  panel.d[row] = block.d;
  panel.dmin[row] = block.dmin;
  PutBytes(panel.scales, row, block.scales);
  for (int g = 0; g < 8; ++g) {
    PutFourBits(panel.groups[g].low, row, NibblesOfGroup(block.q, g));
    PutOneBit(panel.groups[g].high, row, BitsOfGroup(block.high, g), 0);
  }
}

void Pack(const BlockQ6_K& block, int row, PanelQ6_K& panel) {
  panel.d[row] = block.d;
  for (int i = 0; i < 16; ++i) panel.scales[i][row] = block.scales[i];
  for (int g = 0; g < 8; ++g) {
    // A half's groups 0 and 1 are the low nibbles of its 64 bytes, 2 and 3 the high ones.
    const uint8_t* low = block.low + g / 4 * 64 + g % 2 * 32;
    Codes codes;
    for (int i = 0; i < 32; ++i) {
      codes.code[i] = static_cast<uint8_t>(low[i] >> g / 2 % 2 * 4 & 15);
    }
    PutFourBits(panel.groups[g].low, row, codes);
    PutTwoBits(panel.groups[g].high, row, PairsOfGroup(block.high, g));
  }
}

void Pack(const BlockIQ4_XS& block, int row, PanelIQ4_XS& panel) {
  panel.d[row] = block.d;
  panel.scales_high[row] = block.scales_high;
  PutBytes(panel.scales_low, row, block.scales_low);
  for (int g = 0; g < 8; ++g) PutFourBits(panel.q[g], row, NibbleCodes(block.q + 16 * g));
}

void Pack(const BlockQ1_0& block, int row, PanelQ1_0& panel) {
  panel.d[row] = block.d;
  for (int g = 0; g < 4; ++g) PutOneBit(panel.q[g], row, BitsOfBytes(block.q + 4 * g), 0);
}

void Pack(const BlockTQ1_0& block, int row, PanelTQ1_0& panel) {
  panel.d[row] = block.d;
  for (int i = 0; i < 12; ++i) std::memcpy(panel.q[i] + 4 * row, block.q + 4 * i, 4);
  std::memcpy(panel.last + 4 * row, block.last, 4);
}

void Pack(const BlockTQ2_0& block, int row, PanelTQ2_0& panel) {
  panel.d[row] = block.d;
  for (int g = 0; g < 8; ++g) PutTwoBits(panel.q[g], row, PairsOfGroup(block.q, g));
}

void Pack(const BlockIQ1_S& block, int row, PanelIQ1_S& panel) {
  panel.d[row] = block.d;
  for (int g = 0; g < 8; ++g) {
    PutBytes(panel.groups[g].q, row, block.q + 4 * g);
    panel.groups[g].high[row] = block.high[g];
  }
}

void Pack(const BlockIQ1_M& block, int row, PanelIQ1_M& panel) {
  for (int i = 0; i < 4; ++i) panel.scales[i][row] = block.scales[i];
  for (int g = 0; g < 8; ++g) {
    PutBytes(panel.groups[g].q, row, block.q + 4 * g);
    PutBytes(panel.groups[g].high, row, block.high + 2 * g);
  }
}

// Four times seven signs, and between them four other bits.
Codes SevenSigns(const uint8_t (&signs)[4], uint32_t others) {
  Codes codes;
  for (int i = 0; i < 32; ++i) {
    codes.code[i] = static_cast<uint8_t>((i % 8 < 7 ? signs[i / 8] >> i % 8 : others >> i / 8) & 1);
  }
  return codes;
}

// A word of four times seven signs, and the scale.
Codes SignsAndScale(const uint8_t* bytes) {
  uint32_t word;
  std::memcpy(&word, bytes, sizeof(word));
  uint8_t signs[4];
  for (int i = 0; i < 4; ++i) signs[i] = static_cast<uint8_t>(word >> 7 * i & 127);
  return SevenSigns(signs, word >> 28);
}

void Pack(const BlockIQ2_XXS& block, int row, PanelIQ2_XXS& panel) {
  panel.d[row] = block.d;
  for (int g = 0; g < 8; ++g) {
    PutBytes(panel.groups[g].q, row, block.q[g]);
    PutOneBit(panel.groups[g].signs, row, SignsAndScale(block.q[g] + 4), 0);
  }
}

void Pack(const BlockIQ2_XS& block, int row, PanelIQ2_XS& panel) {
  panel.d[row] = block.d;
  PutBytes(panel.scales, row, block.scales);
  for (int g = 0; g < 8; ++g) {
    uint8_t signs[4];
    uint32_t ninth_bits = 0;
    for (int i = 0; i < 4; ++i) {
      const unsigned point = block.q[4 * g + i];
      panel.groups[g].q[i][row] = static_cast<uint8_t>(point & 255);
      signs[i] = static_cast<uint8_t>(point >> 9);
      ninth_bits |= (point >> 8 & 1) << i;
    }
    PutOneBit(panel.groups[g].signs, row, SevenSigns(signs, ninth_bits), 0);
  }
}

void Pack(const BlockIQ2_S& block, int row, PanelIQ2_S& panel) {
  panel.d[row] = block.d;
  PutBytes(panel.scales, row, block.scales);
  for (int g = 0; g < 8; ++g) {
    PutBytes(panel.groups[g].q, row, block.q + 4 * g);
    panel.groups[g].high[row] = block.high[g];
    PutOneBit(panel.groups[g].signs, row, BitsOfBytes(block.signs + 4 * g), 0);
  }
}

void Pack(const BlockIQ3_XXS& block, int row, PanelIQ3_XXS& panel) {
  panel.d[row] = block.d;
  for (int g = 0; g < 8; ++g) {
    PutBytes(panel.groups[g].q, row, block.q + 8 * g);
    PutOneBit(panel.groups[g].signs, row, SignsAndScale(block.words[g]), 0);
  }
}

void Pack(const BlockIQ3_S& block, int row, PanelIQ3_S& panel) {
  panel.d[row] = block.d;
  PutBytes(panel.scales, row, block.scales);
  for (int g = 0; g < 8; ++g) {
    PutBytes(panel.groups[g].q, row, block.q + 8 * g);
    panel.groups[g].high[row] = block.high[g];
    PutOneBit(panel.groups[g].signs, row, BitsOfBytes(block.signs + 4 * g), 0);
  }
}

template <class Block, class Panel>
void PackRows(const PackTask& task) {
  const size_t row_bytes = RowBytes(task.type, task.columns);
  const size_t blocks = row_bytes / sizeof(Block);
  for (size_t p = task.panel_begin; p < task.panel_end; ++p) {
    auto* panel = reinterpret_cast<Panel*>(task.panels + p * kPanelRows * row_bytes);
    const size_t rows = std::min<size_t>(kPanelRows, task.rows - p * kPanelRows);
    if (rows < kPanelRows) std::memset(panel, 0, blocks * sizeof(Panel));
    const std::byte* first = task.weights + p * kPanelRows * row_bytes;
    for (size_t b = 0; b < blocks; ++b) {
      for (size_t row = 0; row < rows; ++row) {
        Block block;
        std::memcpy(&block, first + row * row_bytes + b * sizeof(Block), sizeof(block));
        Pack(block, static_cast<int>(row), panel[b]);
      }
    }
  }
}

struct Packer {
  DType type;
  void (*run)(const PackTask& task);
};

constexpr Packer kPackers[] = {
    {DType::kQ4_0, PackRows<BlockQ4_0, PanelQ4_0>},
    {DType::kQ4_1, PackRows<BlockQ4_1, PanelQ4_1>},
    {DType::kQ5_0, PackRows<BlockQ5_0, PanelQ5_0>},
    {DType::kQ5_1, PackRows<BlockQ5_1, PanelQ5_1>},
    {DType::kQ8_0, PackRows<BlockQ8_0, PanelQ8_0>},
    {DType::kQ2_K, PackRows<BlockQ2_K, PanelQ2_K>},
    {DType::kQ3_K, PackRows<BlockQ3_K, PanelQ3_K>},
    {DType::kQ4_K, PackRows<BlockQ4_K, PanelQ4_K>},
    {DType::kQ5_K, PackRows<BlockQ5_K, PanelQ5_K>},
    {DType::kQ6_K, PackRows<BlockQ6_K, PanelQ6_K>},
    {DType::kIQ4_NL, PackRows<BlockIQ4_NL, PanelIQ4_NL>},
    {DType::kIQ4_XS, PackRows<BlockIQ4_XS, PanelIQ4_XS>},
    {DType::kMXFP4, PackRows<BlockMXFP4, PanelMXFP4>},
    {DType::kNVFP4, PackRows<BlockNVFP4, PanelNVFP4>},
    {DType::kQ1_0, PackRows<BlockQ1_0, PanelQ1_0>},
    {DType::kTQ1_0, PackRows<BlockTQ1_0, PanelTQ1_0>},
    {DType::kTQ2_0, PackRows<BlockTQ2_0, PanelTQ2_0>},
    {DType::kIQ1_S, PackRows<BlockIQ1_S, PanelIQ1_S>},
    {DType::kIQ1_M, PackRows<BlockIQ1_M, PanelIQ1_M>},
    {DType::kIQ2_XXS, PackRows<BlockIQ2_XXS, PanelIQ2_XXS>},
    {DType::kIQ2_XS, PackRows<BlockIQ2_XS, PanelIQ2_XS>},
    {DType::kIQ2_S, PackRows<BlockIQ2_S, PanelIQ2_S>},
    {DType::kIQ3_XXS, PackRows<BlockIQ3_XXS, PanelIQ3_XXS>},
    {DType::kIQ3_S, PackRows<BlockIQ3_S, PanelIQ3_S>},
};

const Packer* Find(DType type) {
  const auto* found = std::find_if(std::begin(kPackers), std::end(kPackers),
                                   [type](const Packer& packer) { return packer.type == type; });
  return found == std::end(kPackers) ? nullptr : found;
}

}  // namespace

bool HasPanels(DType type) { return Find(type) != nullptr; }

void PackPanels(const PackTask& task) { Find(task.type)->run(task); }

}  // namespace ingle
