#include "device/rows.h"

#include <algorithm>

#include "kernels/elementwise/elementwise.h"
#include "kernels/layer_norm/layer_norm.h"
#include "kernels/rms_norm/rms_norm.h"
#include "kernels/route/route.h"

namespace ingle {
namespace {

template <class Body>
void ForEachGroup(const RowTask& task, uint64_t group, const Body& body) {
  if (group == 0) group = task.output_columns;
  for (uint64_t at = 0; at < task.output_columns; at += group) body(at, group);
}

// The weight's elements for the group that begins at a column: its own, or those for all groups.
const float* Part(const RowTask& task, size_t input, uint64_t at) {
  if (task.inputs[input] == nullptr) return nullptr;
  return task.inputs[input] + (task.columns[input] == task.output_columns ? at : 0);
}

void Normalize(const RowTask& task) {
  const auto& norm = std::get<NormAttributes>(task.attributes);
  ForEachGroup(task, norm.group, [&](uint64_t at, uint64_t group) {
    const float* x = task.inputs[0] + at;
    float* out = task.output + at;
    if (task.op == Op::kRmsNorm) {
      RmsNorm(x, Part(task, 1, at), norm.epsilon, out, group);
    } else {
      LayerNorm(x, Part(task, 1, at), Part(task, 2, at), norm.epsilon, out, group);
    }
  });
}

void Slice(const RowTask& task) {
  const auto& slice = std::get<SliceAttributes>(task.attributes);
  float* out = task.output;
  for (uint64_t at = slice.begin; at < task.columns[0]; at += slice.period) {
    out = std::copy_n(task.inputs[0] + at, slice.length, out);
  }
}

void ChooseExperts(const RowTask& task) {
  const auto& route = std::get<RouteAttributes>(task.attributes);
  Route({task.inputs[0], task.inputs[1], route.experts, route.k,
         static_cast<RouteScores>(route.scores), route.normalize, route.scale, task.output,
         task.scratch});
}

void Mix(const RowTask& task) {
  const uint64_t k = task.columns[1] / 2;
  const float* weights = task.inputs[1] + k;
  std::fill_n(task.output, task.output_columns, 0.0f);
  for (uint64_t j = 0; j < k; ++j) {
    const float* product = task.inputs[0] + j * task.output_columns;
    for (uint64_t i = 0; i < task.output_columns; ++i) task.output[i] += weights[j] * product[i];
  }
}

}  // namespace

ActivationKind KindOf(Activation activation) {
  static_assert(static_cast<int>(Activation::kSoftplus) ==
                static_cast<int>(ActivationKind::kSoftplus));
  return static_cast<ActivationKind>(activation);
}

bool IsRowOperation(Op op) {
  switch (op) {
    case Op::kAdd:
    case Op::kMul:
    case Op::kScale:
    case Op::kRmsNorm:
    case Op::kLayerNorm:
    case Op::kActivate:
    case Op::kGlu:
    case Op::kSlice:
    case Op::kRoute:
    case Op::kMix:
      return true;
    default:
      return false;
  }
}

void ComputeRow(const RowTask& task) {
  const size_t columns = task.output_columns;
  switch (task.op) {
    case Op::kAdd:
      return Add(task.inputs[0], task.inputs[1], task.columns[1] == columns, task.output, columns);
    case Op::kMul:
      return Multiply(task.inputs[0], task.inputs[1], task.columns[1] == columns, task.output,
                      columns);
    case Op::kScale: {
      const auto& scale = std::get<ScaleAttributes>(task.attributes);
      return Scale(task.inputs[0], scale.factor, scale.limit, task.output, columns);
    }
    case Op::kRmsNorm:
    case Op::kLayerNorm:
      return Normalize(task);
    case Op::kActivate: {
      const auto& attributes = std::get<ActivationAttributes>(task.attributes);
      return Activate(KindOf(attributes.activation), task.inputs[0], task.output, columns);
    }
    case Op::kGlu: {
      const auto& a = std::get<ActivationAttributes>(task.attributes);
      return Glu({KindOf(a.activation), a.limit, a.offset, task.inputs[0], task.inputs[1],
                  task.output, columns});
    }
    case Op::kSlice:
      return Slice(task);
    case Op::kRoute:
      return ChooseExperts(task);
    case Op::kMix:
      return Mix(task);
    default:
      return;
  }
}

void MeanRows(const MeanTask& task) {
  for (size_t column = task.begin; column < task.end; ++column) {
    double sum = 0;
    for (size_t row = 0; row < task.rows; ++row) sum += task.input[row * task.stride + column];
    const auto mean = static_cast<float>(sum / static_cast<double>(task.rows));
    for (size_t row = 0; row < task.rows; ++row) task.output[row * task.stride + column] = mean;
  }
}

}  // namespace ingle
