#include "device/rows.h"

#include <algorithm>

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
      task.kernels.rms_norm().rms_norm({x, Part(task, 1, at), norm.epsilon, out, group});
    } else {
      task.kernels.layer_norm().run(
          {x, Part(task, 1, at), Part(task, 2, at), norm.epsilon, out, group});
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
  const float* last = task.inputs[2] != nullptr ? task.inputs[2] : task.inputs[1];
  const float* scales = route.scaled ? last : nullptr;
  const float* bias = task.inputs[1] == scales ? nullptr : task.inputs[1];
  task.kernels.route().run({task.inputs[0], bias, route.experts, route.k,
                            static_cast<RouteScores>(route.scores), route.normalize, route.scale,
                            scales, task.output, task.scratch});
}

void Mix(const RowTask& task) {
  const uint64_t k = task.columns[1] / 2;
  task.kernels.elementwise().blend(
      {task.inputs[0], task.inputs[1] + k, k, task.output, task.output_columns});
}

void BlendParts(const RowTask& task) {
  const uint64_t parts = std::get<BlendAttributes>(task.attributes).parts;
  const uint64_t width = task.columns[0] / parts;
  for (uint64_t i = 0; i * width < task.output_columns; ++i) {
    task.kernels.elementwise().blend(
        {task.inputs[0], task.inputs[1] + i * parts, parts, task.output + i * width, width});
  }
}

void RescaleGroups(const RowTask& task) {
  const auto& norm = std::get<NormAttributes>(task.attributes);
  ForEachGroup(task, norm.group, [&](uint64_t at, uint64_t group) {
    task.kernels.rms_norm().rescale(
        {task.inputs[0] + at, task.inputs[1] + at, norm.epsilon, task.output + at, group});
  });
}

// Adds or multiplies; a narrower b meets every part of a that is as wide.
void Elementwise(const RowTask& task, void (*kernel)(const BinaryTask&)) {
  const size_t width = task.columns[1];
  if (width == 1) {
    return kernel({task.inputs[0], task.inputs[1], 0, task.output, task.output_columns});
  }
  for (size_t at = 0; at < task.output_columns; at += width) {
    kernel({task.inputs[0] + at, task.inputs[1], 1, task.output + at, width});
  }
}

}  // namespace

uint64_t EmbeddedRow(const EmbedAttributes& embed, const TensorView& table, int32_t id) {
  const auto row = static_cast<uint64_t>(int64_t{id} + embed.offset);
  return embed.first_beyond && row >= table.shape.rows() ? 0 : row;
}

ActivationKind KindOf(Activation activation) {
  static_assert(static_cast<int>(Activation::kSoftplus) ==
                static_cast<int>(ActivationKind::kSoftplus));
  return static_cast<ActivationKind>(activation);
}

GluTask GluTaskOf(const ActivationAttributes& attributes) {
  GluTask task{};
  task.kind = KindOf(attributes.activation);
  task.limit = attributes.limit;
  task.offset = attributes.offset;
  return task;
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
    case Op::kConcat:
    case Op::kRescale:
    case Op::kBlend:
    case Op::kSparsify:
    case Op::kRoute:
    case Op::kMix:
      return true;
    default:
      return false;
  }
}

void ComputeRow(const RowTask& task) {
  const size_t columns = task.output_columns;
  const ElementwiseKernels& elementwise = task.kernels.elementwise();
  switch (task.op) {
    case Op::kAdd:
      return Elementwise(task, elementwise.add);
    case Op::kMul:
      return Elementwise(task, elementwise.multiply);
    case Op::kScale: {
      const auto& scale = std::get<ScaleAttributes>(task.attributes);
      return elementwise.scale({task.inputs[0], scale.factor, scale.limit, task.output, columns});
    }
    case Op::kRmsNorm:
    case Op::kLayerNorm:
      return Normalize(task);
    case Op::kActivate: {
      const auto& attributes = std::get<ActivationAttributes>(task.attributes);
      return elementwise.activate(
          {KindOf(attributes.activation), task.inputs[0], task.output, columns});
    }
    case Op::kGlu: {
      GluTask glu = GluTaskOf(std::get<ActivationAttributes>(task.attributes));
      glu.gate = task.inputs[0];
      glu.up = task.inputs[1];
      glu.output = task.output;
      glu.count = columns;
      return elementwise.glu(glu);
    }
    case Op::kSlice:
      return Slice(task);
    case Op::kConcat:
      std::copy_n(task.inputs[1], task.columns[1],
                  std::copy_n(task.inputs[0], task.columns[0], task.output));
      return;
    case Op::kRescale:
      return RescaleGroups(task);
    case Op::kBlend:
      return BlendParts(task);
    case Op::kSparsify:
      return task.kernels.sparsify().run({task.inputs[0],
                                          std::get<SparsifyAttributes>(task.attributes).deviations,
                                          task.output, columns});
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
    for (size_t row = 0; row < task.rows; ++row)
      sum += task.input[row * task.input_stride + column];
    const auto mean = static_cast<float>(sum / static_cast<double>(task.rows));
    for (size_t row = 0; row < task.rows; ++row)
      task.output[row * task.output_stride + column] = mean;
  }
}

}  // namespace ingle
