// Kernels for instructions that this machine need not have, for tests.
#pragma once

#include <vector>

#include "kernels/attention/attention.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/kernel_set.h"
#include "kernels/matmul/matmul.h"
#include "kernels/round_bf16/round_bf16.h"

namespace ingle {

// Compiled from the same files as the true ones, but that every instruction is computed by others.
struct EmulatedKernels {
  std::vector<MatMulKernel> matmul;
  std::vector<AttentionKernel> attention;
  std::vector<ElementwiseKernels> elementwise;
  std::vector<RoundBf16Kernel> round_bf16;
};
const EmulatedKernels& Emulated();

// What a machine with AMX would run, or about this machine's own choice where none are emulated.
inline KernelSet EmulatedKernelSet() {
  KernelSet kernels;
  // Of several for a type the first wins.
  for (auto kernel = Emulated().matmul.rbegin(); kernel != Emulated().matmul.rend(); ++kernel) {
    kernels.Use(*kernel);
  }
  for (const AttentionKernel& kernel : Emulated().attention) kernels.Use(kernel);
  for (const ElementwiseKernels& table : Emulated().elementwise) kernels.Use(table);
  for (const RoundBf16Kernel& kernel : Emulated().round_bf16) kernels.Use(kernel);
  return kernels;
}

// A table's rows and the emulated ones that this machine can run.
template <class Row>
std::vector<Row> RunnableOf(std::span<const Row> table, const std::vector<Row>& emulated) {
  std::vector<Row> rows;
  const auto add = [&](const Row& row) {
    if ((row.needs & ~UsableCpuFeatures()) == 0) rows.push_back(row);
  };
  for (const Row& row : emulated) add(row);
  for (const Row& row : table) add(row);
  return rows;
}

}  // namespace ingle
