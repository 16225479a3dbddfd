// One super-block of 256 finite floats, encoded.
#pragma once

#include "tensor/blocks.h"

namespace ingle {

void Encode(const float* x, BlockQ2_K& block);
void Encode(const float* x, BlockQ3_K& block);
void Encode(const float* x, BlockQ4_K& block);
void Encode(const float* x, BlockQ5_K& block);
void Encode(const float* x, BlockQ6_K& block);

}  // namespace ingle
