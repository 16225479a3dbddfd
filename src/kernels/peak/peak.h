// What a processor can do at most: measured, to hold against it what the other kernels do.
//
// A peak is that of a loop which multiplies registers and adds the products up exactly, as fast as
// the instruction set lets it. Products of int8 are what prefill consists of: its peak leaves out
// what it takes to fetch, unpack and scale. Reading is what decoding consists of.
#pragma once

#include <span>

#include "kernels/kernel.h"
#include "kernels/peak/peak_task.h"

namespace ingle {

struct PeakKernel : Kernel<PeakTask> {
  size_t products_per_round;  // multiply-adds; two operations each
};

std::span<const PeakKernel> Int8PeakKernels();   // int8 · int8, summed in 32 bits
std::span<const PeakKernel> FloatPeakKernels();  // f32 · f32, fused

using ReadKernel = Kernel<ReadTask>;
std::span<const ReadKernel> ReadKernels();

}  // namespace ingle
