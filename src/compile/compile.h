// From a model's graph to the program that a CPU runs.
#pragma once

#include "compile/packed_weights.h"
#include "compile/program.h"
#include "graph/graph.h"

namespace ingle {

struct CompileOptions {
  KernelSet kernels;          // of the machine that will run it
  uint32_t max_tokens = 512;  // of one step
  DType cache_type = DType::kF16;
  // Has every matrix of MatricesToPack.
  const PackedWeights* packed = nullptr;
};

// Views into the model's weights and their panels: that memory must outlive the program.
Program Compile(const Graph& model, const CompileOptions& options);

}  // namespace ingle
