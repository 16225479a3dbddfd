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
};

// Views into the model's weights: that memory must outlive the program. Before it can run,
// UsePanels has to be called, unless no kernel takes panels.
Program Compile(const Graph& model, const CompileOptions& options);

// Points the matrices whose kernels take panels at theirs. packed: has every matrix of
// MatricesToPack; what it views must outlive the program.
void UsePanels(Program& program, const PackedWeights& packed);

// Sets Step::gives_back of what looks rows up in these tables.
void GiveBackRowsOf(Program& program, const std::vector<TensorView>& tables);

}  // namespace ingle
