// The grids that IQ blocks refer to, as vector kernels read them: four values a word, the first of
// them lowest. Points of eight values are two words.
//
// Plain data: files compiled for one instruction set may include this.
#pragma once

#include <stdint.h>

namespace ingle {

// The values of IQ2 and of IQ3_XXS, which are above zero.
extern const uint32_t* const kIq2XxsWords;
extern const uint32_t* const kIq2XsWords;
extern const uint32_t* const kIq2SWords;
extern const uint32_t* const kIq3XxsWords;
// 8 + k for the value 2k + 1: the place of it among the odd numbers from -15 to 15.
extern const uint32_t* const kIq3SWords;
// 8 * (value + 1) + 2: in eighths, and moved up by one, from -9 on.
extern const uint32_t* const kIq1Words;

}  // namespace ingle
