#include "device/reference/reference_device.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "compile/memory_plan.h"
#include "device/cached_attention.h"
#include "device/recurrence.h"
#include "device/rows.h"
#include "kernels/dequantize/dequantize.h"
#include "kernels/kernel_set.h"

namespace ingle {
namespace {

// The scalar kernels define the operations.
const KernelSet& Definitions() {
  static const KernelSet kernels(0);
  return kernels;
}

class Execution {
 public:
  Execution(const Graph& graph, const CacheLayout& cache, WorkerPool& pool, const Batch& batch)
      : graph_(graph), cache_(cache), pool_(pool), batch_(batch), values_(graph.size()) {}

  void Run() {
    std::vector<uint32_t> uses = graph_.CountUses();
    ++uses[graph_.output()];
    for (NodeId id = 0; id < graph_.size(); ++id) {
      const Node& node = graph_.node(id);
      values_[id].resize(RowCount(node) * node.type.columns);
      Compute(id);
      for (const NodeId input : node.inputs) {
        if (--uses[input] == 0) values_[input] = {};
      }
    }
    std::copy(values_[graph_.output()].begin(), values_[graph_.output()].end(),
              batch_.logits.begin());
  }

 private:
  size_t RowCount(const Node& node) const {
    if (node.op == Op::kInput || node.op == Op::kWeight) return 0;
    return node.type.rows == Rows::kOutputs ? batch_.output_rows.size() : batch_.tokens.size();
  }
  const TensorView& WeightAt(const Node& node, size_t input) const {
    return WeightOf(graph_.node(node.inputs[input])).view;
  }
  const float* Row(const Node& node, size_t input, size_t row) const {
    const NodeId id = node.inputs[input];
    return values_[id].data() + row * graph_.node(id).type.columns;
  }
  float* OutputRow(NodeId id, size_t row) {
    return values_[id].data() + row * graph_.node(id).type.columns;
  }

  void Compute(NodeId id) {
    const Op op = graph_.node(id).op;
    if (IsRowOperation(op)) return ComputeRows(id);
    if (IsRecurrence(op)) return Recur(id);
    switch (op) {
      case Op::kEmbed:
        return Embed(id);
      case Op::kMatMul:
        return MatMul(id);
      case Op::kRope:
        return Rope(id);
      case Op::kAttention:
        return Attention(id);
      case Op::kCacheAppend:
        return CacheAppend(id);
      case Op::kSelectRows:
        return SelectRows(id);
      case Op::kMeanRows:
        return MeanRows(id);
      case Op::kExperts:
        return Experts(id);
      default:
        return;  // inputs and weights are read where they are; the rest is made by passes
    }
  }

  // Row `row` of an input; of a weight, its only one; null where there is no such input.
  const float* InputRow(const Node& node, size_t input, size_t row) const {
    if (input >= node.inputs.size()) return nullptr;
    if (graph_.node(node.inputs[input]).op == Op::kWeight) {
      return reinterpret_cast<const float*>(WeightAt(node, input).data);
    }
    return Row(node, input, row);
  }
  uint64_t InputColumns(const Node& node, size_t input) const {
    return input < node.inputs.size() ? graph_.node(node.inputs[input]).type.columns : 0;
  }

  void ComputeRows(NodeId id) {
    const Node& node = graph_.node(id);
    std::vector<float> scratch(2 * InputColumns(node, 0));
    for (size_t row = 0; row < RowCount(node); ++row) {
      RowTask task{Definitions(), node.op, node.attributes};
      for (size_t i = 0; i < task.inputs.size(); ++i) {
        task.inputs[i] = InputRow(node, i, row);
        task.columns[i] = InputColumns(node, i);
      }
      task.output = OutputRow(id, row);
      task.output_columns = node.type.columns;
      task.scratch = scratch.data();
      ComputeRow(task);
    }
  }

  void Recur(NodeId id) {
    const Node& node = graph_.node(id);
    const auto& attributes = std::get<RecurrentAttributes>(node.attributes);
    for (const SequenceSlice& sequence : batch_.sequences) {
      RecurrenceTask task{Definitions().recurrent(), node.op, attributes};
      for (size_t i = 0; i < task.inputs.size(); ++i) {
        task.inputs[i] = {InputRow(node, i, sequence.first_token), InputColumns(node, i)};
      }
      task.output = OutputRow(id, sequence.first_token);
      task.output_stride = node.type.columns;
      task.state =
          reinterpret_cast<float*>(sequence.state + cache_.state_offsets[attributes.state]);
      task.tokens = sequence.tokens;
      task.end = attributes.heads;
      ComputeRecurrence(task);
    }
  }

  void Experts(NodeId id) {
    const Node& node = graph_.node(id);
    const auto& attributes = std::get<ExpertsAttributes>(node.attributes);
    const WeightAttributes& weight = WeightOf(graph_.node(node.inputs[2]));
    const size_t rows = weight.view.shape.rows();
    const size_t columns = weight.view.shape.columns();
    std::vector<float> decoded(columns);
    for (size_t t = 0; t < RowCount(node); ++t) {
      for (size_t slot = 0; slot < attributes.k; ++slot) {
        const auto expert = static_cast<size_t>(Row(node, 1, t)[slot]);
        const TensorView& matrix = weight.experts[expert];
        const float* x = Row(node, 0, t) + (attributes.own_inputs ? slot * columns : 0);
        MatMulTask task{};
        task.weights = matrix.data;
        task.weight_row_bytes = matrix.row_bytes();
        task.columns = columns;
        task.input = reinterpret_cast<const std::byte*>(x);
        task.tokens = 1;
        task.output = OutputRow(id, t) + slot * rows;
        if (attributes.bias) {
          task.bias = reinterpret_cast<const float*>(WeightAt(node, 3).data) + expert * rows;
        }
        task.row_end = rows;
        task.scratch = decoded.data();
        Definitions().matmul(matrix.type).run(task);
      }
    }
  }

  void Embed(NodeId id) {
    const Node& node = graph_.node(id);
    const TensorView& table = WeightAt(node, 1);
    const auto& input = std::get<InputAttributes>(graph_.node(node.inputs[0]).attributes).input;
    const auto ids = input == Input::kPositions ? batch_.positions : batch_.tokens;
    const auto& embed = std::get<EmbedAttributes>(node.attributes);
    for (size_t t = 0; t < ids.size(); ++t) {
      DequantizeRow(table.type, table.row(EmbeddedRow(embed, table, ids[t])), OutputRow(id, t),
                    table.shape.columns());
    }
  }

  void MatMul(NodeId id) {
    const Node& node = graph_.node(id);
    const auto& attributes = std::get<MatMulAttributes>(node.attributes);
    const TensorView& weight = WeightAt(node, 1);
    const size_t columns = weight.shape.columns();
    MatMulTask task{};
    task.weights = weight.data;
    task.weight_row_bytes = weight.row_bytes();
    task.columns = columns;
    task.input = reinterpret_cast<const std::byte*>(Row(node, 0, 0));
    task.input_row_bytes = columns * sizeof(float);
    task.tokens = RowCount(node);
    task.output = OutputRow(id, 0);
    task.output_stride = node.type.columns;
    if (attributes.bias) task.bias = reinterpret_cast<const float*>(WeightAt(node, 2).data);
    if (attributes.residual) task.residual = Row(node, node.inputs.size() - 1, 0);
    task.residual_stride = node.type.columns;
    if (task.tokens == 0) return;
    pool_.Run([&](Worker& worker) {
      std::vector<float> decoded(columns);
      const Worker::Range share = worker.Share(node.type.columns);
      MatMulTask part = task;
      part.row_begin = share.begin;
      part.row_end = share.end;
      part.scratch = decoded.data();
      Definitions().matmul(weight.type).run(part);
    });
  }

  void Rope(NodeId id) {
    const Node& node = graph_.node(id);
    const auto& rope = std::get<RopeAttributes>(node.attributes);
    const size_t pairs = rope.frequencies.size();
    std::vector<float> cosines(pairs);
    std::vector<float> sines(pairs);
    for (size_t t = 0; t < RowCount(node); ++t) {
      const bool is_long = !rope.long_frequencies.empty() && SequenceOf(batch_, t).long_rope;
      const auto& frequencies = is_long ? rope.long_frequencies : rope.frequencies;
      ComputeRopeAngles(frequencies.data(), pairs, batch_.positions[t], rope.magnitude,
                        cosines.data(), sines.data());
      const RopeKernels& kernels = Definitions().rope();
      (rope.pairs == RopePairs::kInterleaved ? kernels.interleaved : kernels.halves)(
          {Row(node, 0, t), OutputRow(id, t), node.type.columns / rope.head_size, rope.head_size,
           pairs, cosines.data(), sines.data()});
    }
  }

  void Attention(NodeId id) {
    for (const SequenceSlice& sequence : batch_.sequences) {
      const auto& attention = std::get<AttentionAttributes>(graph_.node(id).attributes);
      if (attention.appends()) AppendToCache(id, 1, sequence);
      pool_.Run([&](Worker& worker) {
        const auto& a = std::get<AttentionAttributes>(graph_.node(id).attributes);
        const Worker::Range share = worker.Share(sequence.tokens * a.heads);
        for (size_t i = share.begin; i < share.end; ++i) {
          AttendOne(id, sequence, i / a.heads, i % a.heads);
        }
      });
    }
  }

  void CacheAppend(NodeId id) {
    for (const SequenceSlice& sequence : batch_.sequences) AppendToCache(id, 0, sequence);
  }

  // Of a node's inputs, k is the one at `keys`, v the next.
  void AppendToCache(NodeId id, size_t keys, const SequenceSlice& sequence) {
    const Node& node = graph_.node(id);
    const CacheLayout::Layer& layer =
        cache_.layers[std::get<AttentionAttributes>(node.attributes).state];
    for (size_t t = 0; t < sequence.tokens; ++t) {
      const NewRow row{sequence, sequence.position + t, Row(node, keys, sequence.first_token + t),
                       Row(node, keys + 1, sequence.first_token + t)};
      for (size_t head = 0; head < layer.kv_heads; ++head) {
        AppendHead(cache_, layer, row, head, nullptr);  // f32 is stored as it is
      }
    }
  }

  void AttendOne(NodeId id, const SequenceSlice& sequence, size_t t, size_t head) {
    const Node& node = graph_.node(id);
    const auto& a = std::get<AttentionAttributes>(node.attributes);
    const size_t group = a.heads / a.kv_heads;
    const size_t extra = a.appends() ? 4 : 2;
    AttentionTask task = TaskOf(a, cache_, {&sequence, t, 1, head / group, head % group, 1},
                                {Row(node, 0, 0), size_t{a.heads} * a.key_size, OutputRow(id, 0),
                                 size_t{a.heads} * a.value_size,
                                 node.inputs.size() > extra ? InputRow(node, extra, 0) : nullptr});
    const AttentionKernel& kernel = Definitions().attention(cache_.type, false);
    std::vector<float> scratch(BlockScratch(kernel, a.key_size, a.value_size));
    task.scratch = scratch.data();
    AttendBlock(kernel, task);
  }

  void SelectRows(NodeId id) {
    const Node& node = graph_.node(id);
    for (size_t row = 0; row < batch_.output_rows.size(); ++row) {
      std::copy_n(Row(node, 0, static_cast<size_t>(batch_.output_rows[row])), node.type.columns,
                  OutputRow(id, row));
    }
  }

  void MeanRows(NodeId id) {
    const Node& node = graph_.node(id);
    for (const SequenceSlice& sequence : batch_.sequences) {
      const uint64_t columns = node.type.columns;
      ingle::MeanRows({Row(node, 0, sequence.first_token), columns,
                       OutputRow(id, sequence.first_token), columns, sequence.tokens, 0, columns});
    }
  }

  const Graph& graph_;
  const CacheLayout& cache_;
  WorkerPool& pool_;
  const Batch& batch_;
  std::vector<std::vector<float>> values_;  // of each node, [rows, columns]
};

class ReferenceDevice final : public Device {
 public:
  ReferenceDevice(const Graph& graph, WorkerPool& pool)
      : graph_(graph), pool_(pool), cache_(PlanCache(graph, DType::kF32)) {}

  Status Execute(const Batch& batch) override {
    Execution(graph_, cache_, pool_, batch).Run();
    return {};
  }
  const CacheLayout& cache() const override { return cache_; }

 private:
  const Graph& graph_;
  WorkerPool& pool_;
  CacheLayout cache_;
};

}  // namespace

std::unique_ptr<Device> MakeReferenceDevice(const Graph& graph, WorkerPool& pool) {
  return std::make_unique<ReferenceDevice>(graph, pool);
}

// Values are given up when the last operation has read them, as in a plan.
uint64_t ReferenceDeviceBytes(const Graph& graph, uint32_t tokens) {
  return PlanMemory(graph, tokens).arena_bytes;
}

}  // namespace ingle
