// From a model's graph to the program that a CPU runs.
#pragma once

#include "compile/program.h"
#include "graph/graph.h"

namespace ingle {

struct CompileOptions {
  KernelSet kernels;          // of the machine that will run it
  uint32_t max_tokens = 512;  // of one step
  CacheType cache_type = CacheType::kF16;
};

// Views into the model's weights: their memory must outlive the program.
Program Compile(const Graph& model, const CompileOptions& options);

}  // namespace ingle
