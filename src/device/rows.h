// Operations that compute each row of their result from the same row of their inputs: what the
// devices share. A device decides who computes which rows, and where they are.
#pragma once

#include <array>

#include "graph/graph.h"
#include "kernels/kernel_set.h"

namespace ingle {

struct RowTask {
  const KernelSet& kernels;
  Op op;
  const Attributes& attributes;
  // The row of a value; of a weight, which has one row for all, its elements; null where absent.
  std::array<const float*, 3> inputs{};
  std::array<uint64_t, 3> columns{};
  float* output = nullptr;  // may be inputs[0] where memory_plan.cc says so
  uint64_t output_columns = 0;
  float* scratch = nullptr;  // as many floats as the widest input has columns, twice
};

// The table's row for an id.
uint64_t EmbeddedRow(const EmbedAttributes& embed, const TensorView& table, int32_t id);

ActivationKind KindOf(Activation activation);

// kGlu's task, but for what it is applied to.
GluTask GluTaskOf(const ActivationAttributes& attributes);

bool IsRowOperation(Op op);

// REQUIRES: IsRowOperation.
void ComputeRow(const RowTask& task);

// [rows, columns], one row every so many floats.
struct MeanTask {
  const float* input;
  size_t input_stride;
  float* output;
  size_t output_stride;
  size_t rows;
  size_t begin;  // of the columns to compute
  size_t end;
};

// Every row of the output becomes the mean of the input's rows.
void MeanRows(const MeanTask& task);

}  // namespace ingle
