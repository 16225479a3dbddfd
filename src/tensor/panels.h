// The layout in which matrices of quantized weights are multiplied: panels of sixteen rows.
//
// In a panel the rows stand side by side, as the lanes of a vector do, and four neighbouring
// columns of a row are the four bytes of its lane. A Line is so 16 rows by 4 columns: byte
// 4 * row + column. It is one register of AVX-512, two of AVX2, four of NEON and a row of an AMX
// tile. 32 columns, eight lines, are spread over planes of bits:
//
//   four bits   line i of four: columns 4i to 4i+3 in the low nibbles, the same + 16 in the high
//   two bits    line i of two: columns 16i + 4s to 16i + 4s+3 in the bits 2s and 2s+1
//   one bit     columns 4s to 4s+3 in bit s
//
// What else a block holds stands before its planes, each field for all rows. The values are those
// of tensor/blocks.h, and so is the number of bytes: nothing is added or lost. Rows that are
// missing in the last panel are zero bytes.
//
// Points of grids stand as their numbers, a byte a row; their signs are a plane of one bit. Where
// each eighth sign follows from the seven before, its place has another bit of the block.
//
// Plain structs: kernels for any instruction set may include this file.
#pragma once

#include <cstdint>

#include "tensor/blocks.h"

namespace ingle {

constexpr int kPanelRows = 16;

using PanelHalf = uint16_t[kPanelRows];  // a binary16 a row
using PanelByte = uint8_t[kPanelRows];
using Line = uint8_t[4 * kPanelRows];

struct PanelQ4_0 {
  PanelHalf d;
  Line q[4];
};
struct PanelQ4_1 {
  PanelHalf d;
  PanelHalf m;
  Line q[4];
};
struct PanelQ5_0 {
  PanelHalf d;
  Line q[4];
  Line high;
};
struct PanelQ5_1 {
  PanelHalf d;
  PanelHalf m;
  Line q[4];
  Line high;
};
struct PanelQ8_0 {
  PanelHalf d;
  Line q[8];
};
struct PanelIQ4_NL {
  PanelHalf d;
  Line q[4];
};
struct PanelMXFP4 {
  PanelByte scale;
  Line q[4];
};

// Of two groups of 32 columns.
struct PanelNVFP4 {
  PanelByte scales[4];
  Line q[2][4];
};

// Of eight groups of 32 columns. The scales are packed as in the block.
struct PanelQ2_K {
  PanelHalf d;
  PanelHalf dmin;
  PanelByte scales[16];
  Line q[8][2];
};
struct PanelQ3_K {
  PanelHalf d;
  PanelByte scales[12];
  struct {
    Line low[2];
    Line high;
  } groups[8];
};
struct PanelQ4_K {
  PanelHalf d;
  PanelHalf dmin;
  PanelByte scales[12];
  Line q[8][4];
};
struct PanelQ5_K {
  PanelHalf d;
  PanelHalf dmin;
  PanelByte scales[12];
  struct {
    Line low[4];
    Line high;
  } groups[8];
};
struct PanelQ6_K {
  PanelHalf d;
  int8_t scales[16][kPanelRows];
  struct {
    Line low[4];
    Line high[2];
  } groups[8];
};
struct PanelIQ4_XS {
  PanelHalf d;
  PanelHalf scales_high;
  PanelByte scales_low[4];
  Line q[8][4];
};

struct PanelQ1_0 {  // of four groups
  PanelHalf d;
  Line q[4];
};
struct PanelTQ1_0 {  // digits as in the block: a row's bytes, four a line
  PanelHalf d;
  Line q[12];
  Line last;
};
struct PanelTQ2_0 {
  PanelHalf d;
  Line q[8][2];
};
struct PanelIQ1_S {
  PanelHalf d;
  struct {
    PanelByte q[4];
    PanelHalf high;
  } groups[8];
};
struct PanelIQ1_M {
  PanelHalf scales[4];
  struct {
    PanelByte q[4];
    PanelByte high[2];
  } groups[8];
};
struct PanelIQ2_XXS {
  PanelHalf d;
  struct {
    PanelByte q[4];
    Line signs;  // of columns 8i + 7: bit i of the scale
  } groups[8];
};
struct PanelIQ2_XS {
  PanelHalf d;
  PanelByte scales[8];
  struct {
    PanelByte q[4];
    Line signs;  // of columns 8i + 7: the ninth bit of point i
  } groups[8];
};
struct PanelIQ2_S {
  PanelHalf d;
  PanelByte scales[8];
  struct {
    PanelByte q[4];
    PanelByte high;
    Line signs;
  } groups[8];
};
struct PanelIQ3_XXS {
  PanelHalf d;
  struct {
    PanelByte q[8];
    Line signs;  // of columns 8i + 7: bit i of the scale
  } groups[8];
};
struct PanelIQ3_S {
  PanelHalf d;
  PanelByte scales[4];
  struct {
    PanelByte q[8];
    PanelByte high;
    Line signs;
  } groups[8];
};

static_assert(sizeof(PanelQ4_0) == kPanelRows * sizeof(BlockQ4_0));
static_assert(sizeof(PanelQ4_1) == kPanelRows * sizeof(BlockQ4_1));
static_assert(sizeof(PanelQ5_0) == kPanelRows * sizeof(BlockQ5_0));
static_assert(sizeof(PanelQ5_1) == kPanelRows * sizeof(BlockQ5_1));
static_assert(sizeof(PanelQ8_0) == kPanelRows * sizeof(BlockQ8_0));
static_assert(sizeof(PanelIQ4_NL) == kPanelRows * sizeof(BlockIQ4_NL));
static_assert(sizeof(PanelMXFP4) == kPanelRows * sizeof(BlockMXFP4));
static_assert(sizeof(PanelNVFP4) == kPanelRows * sizeof(BlockNVFP4));
static_assert(sizeof(PanelQ2_K) == kPanelRows * sizeof(BlockQ2_K));
static_assert(sizeof(PanelQ3_K) == kPanelRows * sizeof(BlockQ3_K));
static_assert(sizeof(PanelQ4_K) == kPanelRows * sizeof(BlockQ4_K));
static_assert(sizeof(PanelQ5_K) == kPanelRows * sizeof(BlockQ5_K));
static_assert(sizeof(PanelQ6_K) == kPanelRows * sizeof(BlockQ6_K));
static_assert(sizeof(PanelIQ4_XS) == kPanelRows * sizeof(BlockIQ4_XS));
static_assert(sizeof(PanelQ1_0) == kPanelRows * sizeof(BlockQ1_0));
static_assert(sizeof(PanelTQ1_0) == kPanelRows * sizeof(BlockTQ1_0));
static_assert(sizeof(PanelTQ2_0) == kPanelRows * sizeof(BlockTQ2_0));
static_assert(sizeof(PanelIQ1_S) == kPanelRows * sizeof(BlockIQ1_S));
static_assert(sizeof(PanelIQ1_M) == kPanelRows * sizeof(BlockIQ1_M));
static_assert(sizeof(PanelIQ2_XXS) == kPanelRows * sizeof(BlockIQ2_XXS));
static_assert(sizeof(PanelIQ2_XS) == kPanelRows * sizeof(BlockIQ2_XS));
static_assert(sizeof(PanelIQ2_S) == kPanelRows * sizeof(BlockIQ2_S));
static_assert(sizeof(PanelIQ3_XXS) == kPanelRows * sizeof(BlockIQ3_XXS));
static_assert(sizeof(PanelIQ3_S) == kPanelRows * sizeof(BlockIQ3_S));

}  // namespace ingle
