// The grids that IQ blocks refer to, as vector kernels read them: four values a word, the first of
// them lowest. Points of eight values are two words.
//
// Plain data: files compiled for one instruction set may include this.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace ingle {

template <size_t kCount>
struct GridWords {
  uint32_t word[kCount];
};

// The values of IQ2 and of IQ3_XXS, which are above zero.
extern const GridWords<512> kIq2XxsWords;
extern const GridWords<1024> kIq2XsWords;
extern const GridWords<2048> kIq2SWords;
extern const GridWords<256> kIq3XxsWords;
// 8 + k for the value 2k + 1: the place of it among the odd numbers from -15 to 15.
extern const GridWords<512> kIq3SWords;
// 8 * (value + 1) + 2: in eighths, and moved up by one, from -9 on.
extern const GridWords<4096> kIq1Words;

}  // namespace ingle
