#include "compile/packed_weights.h"

#include <set>

#include "base/memory.h"
#include "kernels/pack/pack.h"
#include "tensor/panels.h"

namespace ingle {

const std::byte* PackedWeights::Find(const TensorView& matrix) const {
  const auto found = panels_.find(KeyOf(matrix));
  return found == panels_.end() ? nullptr : found->second;
}

std::vector<TensorView> MatricesToPack(const std::vector<const Graph*>& graphs,
                                       const KernelSet& kernels) {
  std::vector<TensorView> matrices;
  std::set<std::pair<const std::byte*, uint64_t>> seen;
  const auto add = [&](const TensorView& matrix) {
    if (kernels.matmul(matrix.type).layout != WeightLayout::kPanels) return;
    if (seen.insert({matrix.data, matrix.shape.rows()}).second) matrices.push_back(matrix);
  };
  for (const Graph* graph : graphs) {
    for (const Node& node : graph->nodes()) {
      if (node.op == Op::kMatMul) add(WeightOf(graph->node(node.inputs[1])).view);
      if (node.op != Op::kExperts) continue;
      for (const TensorView& expert : WeightOf(graph->node(node.inputs[2])).experts) add(expert);
    }
  }
  return matrices;
}

uint64_t PackedBytes(const TensorView& matrix) {
  const uint64_t bytes = PanelBytes(matrix.type, matrix.shape.rows(), matrix.shape.columns());
  return (bytes + 63) / 64 * 64;
}

void PackMatrix(const TensorView& matrix, uint64_t begin, uint64_t end, std::byte* panels,
                WorkerPool& pool) {
  pool.Run([&](Worker& worker) {
    const Worker::Range share = worker.Share(end - begin);
    PackPanels({matrix.type, matrix.data, matrix.shape.rows(), matrix.shape.columns(), panels,
                begin + share.begin, begin + share.end});
  });
}

Result<PackedMemory> PackInMemory(const std::vector<TensorView>& matrices, WorkerPool& pool,
                                  const std::function<void(const TensorView&)>& after_each) {
  PackedMemory packed;
  for (const TensorView& matrix : matrices) packed.bytes += PackedBytes(matrix);
  packed.memory = AllocateAligned(packed.bytes, kLargePage);
  if (!packed.memory) {
    return Fail(ErrorCode::kOutOfMemory, "no memory for ", packed.bytes, " bytes of weights");
  }
  PreferLargePages(packed.memory.get(), packed.bytes);
  std::byte* at = packed.memory.get();
  for (const TensorView& matrix : matrices) {
    const uint64_t panels = (matrix.shape.rows() + kPanelRows - 1) / kPanelRows;
    PackMatrix(matrix, 0, panels, at, pool);
    packed.weights.Add(matrix, at);
    at += PackedBytes(matrix);
    if (after_each) after_each(matrix);
  }
  return packed;
}

}  // namespace ingle
