#pragma once

#include "kernels/peak/peak_task.h"

namespace ingle {

// Products of a round: accumulators, times products an instruction.
constexpr size_t kNeonFloatProducts = 16 * 4;
constexpr size_t kDotprodProducts = 16 * 16;
constexpr size_t kI8mmProducts = 16 * 32;

void FloatPeakNeon(const PeakTask& task);
void ReadNeon(const ReadTask& task);

void Int8PeakDotprod(const PeakTask& task);

void Int8PeakI8mm(const PeakTask& task);

}  // namespace ingle
