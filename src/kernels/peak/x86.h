#pragma once

#include "kernels/peak/peak_task.h"

namespace ingle {

// Products of a round: accumulators, times instructions each, times products an instruction.
constexpr size_t kAvx2Products = 4 * 4 * 32;
constexpr size_t kAvx2FloatProducts = 12 * 8;
constexpr size_t kAvxVnniProducts = 12 * 32;
constexpr size_t kAvx512VnniProducts = 12 * 64;
constexpr size_t kAvx512FloatProducts = 12 * 16;
constexpr size_t kAmxProducts = 4 * 16 * 16 * 64;

// maddubs, whose sums of two fit 16 bits; four of them are added before they are widened, as codes
// of four bits let them.
void Int8PeakAvx2(const PeakTask& task);
void FloatPeakAvx2(const PeakTask& task);
void ReadAvx2(const ReadTask& task);

void Int8PeakAvxVnni(const PeakTask& task);

void Int8PeakAvx512Vnni(const PeakTask& task);
void FloatPeakAvx512(const PeakTask& task);

// Four products of tiles on four loads from the first-level cache: no product of matrices does
// with fewer, for eight tiles are all there are.
void Int8PeakAmx(const PeakTask& task);

}  // namespace ingle
