// One function an operation: finds the operands, takes this worker's share, calls the kernel.
#pragma once

#include <span>

#include "base/worker_pool.h"
#include "compile/program.h"
#include "device/device.h"

namespace ingle {

// What a step needs besides itself. Borrowed.
struct StepContext {
  const Program& program;
  const Batch& batch;
  std::byte* arena;
  std::byte* own;  // program.own_bytes, this worker's own
  float* scratch;  // program.scratch_floats, this worker's own
  float* shared;   // program.shared_floats, of all workers
  Worker& worker;
  WorkPart part;  // that is computed of steps that are split by columns
};

// This worker's part of the first step, or of as many as are computed at once; returns the others.
std::span<const Step> RunNext(std::span<const Step> steps, const StepContext& context);

}  // namespace ingle
