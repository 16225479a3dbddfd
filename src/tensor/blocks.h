// The layouts of quantized blocks, as GGUF files hold them. Bits only; what they mean is written
// beside each field, and kernels/dequantize is the definition.
//
// d, dmin, m are binary16 bits. Plain structs of bytes and 16-bit words: kernels for any
// instruction set may include this file.
#pragma once

#include <cstdint>

namespace ingle {

// Blocks of 32: one scale each, values four to eight bits.
constexpr int kBlock = 32;

struct BlockQ4_0 {  // x = d * (q - 8)
  uint16_t d;
  uint8_t q[kBlock / 2];  // low nibbles are elements 0..15, high nibbles 16..31
};
struct BlockQ4_1 {  // x = d * q + m
  uint16_t d;
  uint16_t m;
  uint8_t q[kBlock / 2];
};
struct BlockQ5_0 {  // x = d * (q - 16)
  uint16_t d;
  uint8_t high[4];  // fifth bits, element i at bit i
  uint8_t q[kBlock / 2];
};
struct BlockQ5_1 {  // x = d * q + m
  uint16_t d;
  uint16_t m;
  uint8_t high[4];
  uint8_t q[kBlock / 2];
};
struct BlockQ8_0 {  // x = d * q
  uint16_t d;
  int8_t q[kBlock];
};

// Super-blocks of 256: scales of the 8 or 16 sub-blocks are themselves quantized.
constexpr int kSuperBlock = 256;

struct BlockQ2_K {                   // x = d * scale * q - dmin * min; sub-blocks of 16
  uint8_t scales[kSuperBlock / 16];  // low nibble scale, high nibble min
  uint8_t q[kSuperBlock / 4];
  uint16_t d;
  uint16_t dmin;
};
struct BlockQ3_K {                // x = d * (scale - 32) * (q - 4); sub-blocks of 16
  uint8_t high[kSuperBlock / 8];  // third bits
  uint8_t q[kSuperBlock / 4];     // low two bits
  uint8_t scales[12];             // 16 scales of six bits
  uint16_t d;
};
struct BlockQ4_K {  // x = d * scale * q - dmin * min; sub-blocks of 32
  uint16_t d;
  uint16_t dmin;
  uint8_t scales[12];  // 8 scales and 8 mins of six bits
  uint8_t q[kSuperBlock / 2];
};
struct BlockQ5_K {  // x = d * scale * q - dmin * min; sub-blocks of 32
  uint16_t d;
  uint16_t dmin;
  uint8_t scales[12];
  uint8_t high[kSuperBlock / 8];  // fifth bits
  uint8_t q[kSuperBlock / 2];
};
struct BlockQ6_K {                // x = d * scale * (q - 32); sub-blocks of 16
  uint8_t low[kSuperBlock / 2];   // low four bits
  uint8_t high[kSuperBlock / 4];  // high two bits
  int8_t scales[kSuperBlock / 16];
  uint16_t d;
};

// Blocks of 32 to 128 with values that are not evenly spaced, or only two.
constexpr int8_t kIq4Values[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                   1,    13,   25,  38,  53,  69,  89,  113};
// Twice the numbers of E2M1: 0 0.5 1 1.5 2 3 4 6 and their negatives.
constexpr int8_t kFp4Values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

struct BlockIQ4_NL {  // x = d * kIq4Values[q]
  uint16_t d;
  uint8_t q[kBlock / 2];  // as in Q4_0
};
struct BlockMXFP4 {       // x = scale * kFp4Values[q]
  uint8_t scale;          // E8M0: a power of two, 2^(scale - 127), halved for the table
  uint8_t q[kBlock / 2];  // as in Q4_0
};
struct BlockNVFP4 {   // x = scale * kFp4Values[q]; sub-blocks of 16
  uint8_t scales[4];  // E4M3 without its sign, halved for the table
  uint8_t q[4][8];    // low nibbles are elements 0..7 of the sub-block, high ones 8..15
};

struct BlockQ1_0 {  // x = d where the bit is set, else -d; a block of 128
  uint16_t d;
  uint8_t q[4 * kBlock / 8];  // element i at bit i
};

// Super-blocks of 256 again.
struct BlockIQ4_XS {  // x = d * (scale - 32) * kIq4Values[q]; sub-blocks of 32
  uint16_t d;
  uint16_t scales_high;        // 8 times two bits
  uint8_t scales_low[4];       // 8 times four bits
  uint8_t q[kSuperBlock / 2];  // sixteen bytes a sub-block, as in Q4_0
};
struct BlockTQ1_0 {  // x = d * (q - 1): five ternary digits a byte, as fractions of 256
  uint8_t q[48];     // elements 0..159 in the first 32, 160..239 in the rest
  uint8_t last[4];   // elements 240..255, four a byte
  uint16_t d;
};
struct BlockTQ2_0 {            // x = d * (q - 1)
  uint8_t q[kSuperBlock / 4];  // as in Q2_K
  uint16_t d;
};

// Super-blocks whose values come eight (IQ3: four) at a time, as points of a grid: a set of points
// that was chosen for weights (kernels/dequantize/iq_grids.h). A sign for each value is kept apart,
// in eight bits, or in seven where the eighth is their parity.
struct BlockIQ2_XXS {  // x = d * (scale + 0.5) / 4 * +-point; sub-blocks of 32
  uint16_t d;
  // For each sub-block four points of eight bits, then a word: four signs of seven bits, the scale.
  uint8_t q[kSuperBlock / 32][8];
};
struct BlockIQ2_XS {  // x = d * (scale + 0.5) / 4 * +-point; sub-blocks of 16
  uint16_t d;
  uint16_t q[kSuperBlock / 8];       // nine bits the point, seven its signs
  uint8_t scales[kSuperBlock / 32];  // nibbles
};
struct BlockIQ2_S {  // x = d * (scale + 0.5) / 4 * +-point; sub-blocks of 16
  uint16_t d;
  uint8_t q[kSuperBlock / 8];  // the low eight bits of a point
  uint8_t signs[kSuperBlock / 8];
  uint8_t high[kSuperBlock / 32];    // its high two bits
  uint8_t scales[kSuperBlock / 32];  // nibbles
};
struct BlockIQ3_XXS {  // x = d * (scale + 0.5) / 2 * +-point; sub-blocks of 32
  uint16_t d;
  uint8_t q[kSuperBlock / 4];
  uint8_t words[kSuperBlock / 32][4];  // four signs of seven bits, the scale
};
struct BlockIQ3_S {  // x = d * (2 * scale + 1) * +-point; sub-blocks of 32
  uint16_t d;
  uint8_t q[kSuperBlock / 4];      // the low eight bits of a point
  uint8_t high[kSuperBlock / 32];  // its ninth bit
  uint8_t signs[kSuperBlock / 8];
  uint8_t scales[kSuperBlock / 64];  // nibbles
};
struct BlockIQ1_S {  // x = d * (2 * scale + 1) * (point +- 1/8); sub-blocks of 32
  uint16_t d;
  uint8_t q[kSuperBlock / 8];       // the low eight bits of a point
  uint16_t high[kSuperBlock / 32];  // four times three bits of points, scale, sign of the 1/8
};
struct BlockIQ1_M {                // x = d * (2 * scale + 1) * (point +- 1/8); sub-blocks of 16
  uint8_t q[kSuperBlock / 8];      // the low eight bits of a point
  uint8_t high[kSuperBlock / 16];  // nibbles: three bits of a point, sign of the 1/8
  uint16_t scales[4];              // four times three bits, and a nibble of d
};

static_assert(sizeof(BlockQ4_0) == 18 && sizeof(BlockQ4_1) == 20 && sizeof(BlockQ5_0) == 22 &&
              sizeof(BlockQ5_1) == 24 && sizeof(BlockQ8_0) == 34 && sizeof(BlockQ2_K) == 84 &&
              sizeof(BlockQ3_K) == 110 && sizeof(BlockQ4_K) == 144 && sizeof(BlockQ5_K) == 176 &&
              sizeof(BlockQ6_K) == 210);
static_assert(sizeof(BlockIQ4_NL) == 18 && sizeof(BlockMXFP4) == 17 && sizeof(BlockNVFP4) == 36 &&
              sizeof(BlockIQ4_XS) == 136 && sizeof(BlockTQ1_0) == 54 && sizeof(BlockTQ2_0) == 66 &&
              sizeof(BlockIQ2_XXS) == 66 && sizeof(BlockIQ2_XS) == 74 && sizeof(BlockIQ2_S) == 82 &&
              sizeof(BlockIQ3_XXS) == 98 && sizeof(BlockIQ3_S) == 110 && sizeof(BlockIQ1_S) == 50 &&
              sizeof(BlockIQ1_M) == 56 && sizeof(BlockQ1_0) == 18);

}  // namespace ingle
