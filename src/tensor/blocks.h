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

static_assert(sizeof(BlockQ4_0) == 18 && sizeof(BlockQ4_1) == 20 && sizeof(BlockQ5_0) == 22 &&
              sizeof(BlockQ5_1) == 24 && sizeof(BlockQ8_0) == 34 && sizeof(BlockQ2_K) == 84 &&
              sizeof(BlockQ3_K) == 110 && sizeof(BlockQ4_K) == 144 && sizeof(BlockQ5_K) == 176 &&
              sizeof(BlockQ6_K) == 210);

}  // namespace ingle
