// Matrix products of stored weights with a step's activations.
#pragma once

#include <span>
#include <vector>

#include "kernels/kernel.h"
#include "kernels/matmul/float_kernels.h"
#include "kernels/matmul/matmul_task.h"
#include "kernels/matmul/panel_kernels.h"
#include "tensor/dtype.h"

namespace ingle {

// What a kernel takes as input rows.
enum class InputRows : uint8_t {
  kF32,  // exact but for the rounding of sums
  kQ8,   // int8, quantized by kernels/quantize_q8
};

// How a kernel takes the weights.
enum class WeightLayout : uint8_t {
  kRows,    // as files store them
  kPanels,  // as kernels/pack lays them out
};

// A kernel computes each element of the output in one order of operations, whatever the number of
// tokens and however rows are split: bit for bit the same alone and in a batch.
struct MatMulKernel : Kernel<MatMulTask> {
  DType weights;
  InputRows input;
  WeightLayout layout;

  size_t fixed_scratch = 0;  // 0: as many floats as there are columns

  // The same weights by activations in BF16 tiles (bf16_tiles.h), for the tokens of prompts; may be
  // null. Other sums than those of `run`.
  void (*run_tiles)(const MatMulTask&) = nullptr;

  // Floats of scratch for one worker.
  size_t scratch(size_t columns) const;
};

// Rows of the table for an instruction set's kernels for float weights.
std::vector<MatMulKernel> FloatRows(const char* name, CpuFeatures needs,
                                    const FloatKernels& kernels);

// The row of the table for float weights by AMX, which has bf16 alone.
MatMulKernel AmxRow(const char* name, CpuFeatures needs, FloatKernels::Run bf16);

// Rows of the table for an instruction set's kernels for panels, by activations in Q8; and by those
// in tiles, where it has such.
std::vector<MatMulKernel> PanelRows(const char* name, CpuFeatures needs,
                                    const PanelKernels& kernels, const PanelKernels& tiles = {});

// All kernels, for each weight type best first. The scalar one for f32 activations is last for
// every type and defines what is right.
std::span<const MatMulKernel> MatMulKernels();

// The best kernel for this type of weights on a machine with these features. REQUIRES: no integer.
const MatMulKernel& PickMatMul(DType weights, CpuFeatures features);

}  // namespace ingle
