#include "compile/memory_plan.h"

#include <algorithm>
#include <optional>

#include "compile/gated_products.h"
#include "kernels/bf16_tiles.h"
#include "kernels/q8_rows.h"

namespace ingle {
namespace {

constexpr uint64_t kAlignment = 64;

// A product writes sixteen rows side by side. Those that lie a multiple of half a page apart would
// share one or two sets of the first-level cache and push each other out: there is a line between.
uint64_t FloatRowBytes(uint64_t columns) {
  constexpr uint64_t kApart = 2048;
  const uint64_t bytes = columns * sizeof(float);
  return bytes % kApart == 0 ? bytes + kAlignment : bytes;
}

uint64_t RowBytesOf(const ValueType& type) {
  if (type.element == Element::kF32) return FloatRowBytes(type.columns);
  return type.parts * Q8RowBytes(type.columns / type.parts);
}

uint64_t TileBytesOf(const ValueType& type, uint64_t rows) {
  return type.element == Element::kQ8OrTiles ? Bf16TilesBytes(rows, type.columns) : 0;
}

bool LivesInArena(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  return node.op != Op::kInput && node.op != Op::kWeight && node.type.rows != Rows::kNone &&
         id != graph.output();
}

// The input that the operation may overwrite: it reads each element before it writes the same one,
// on the same worker.
std::optional<NodeId> OverwritableInput(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  std::optional<NodeId> input;
  if (node.op == Op::kRope || node.op == Op::kAdd || node.op == Op::kMul || node.op == Op::kScale ||
      node.op == Op::kActivate || node.op == Op::kGlu || node.op == Op::kSparsify) {
    input = node.inputs[0];
  } else if (node.op == Op::kMatMul && std::get<MatMulAttributes>(node.attributes).residual) {
    input = node.inputs.back();
  }
  const bool same_type = input && graph.node(*input).type == node.type;
  return same_type ? input : std::nullopt;
}

// Memory that is taken for a while.
struct Block {
  uint64_t offset;
  uint64_t bytes;
  NodeId last_use;
};

class Planner {
 public:
  Planner(const Graph& graph, uint32_t max_tokens, const std::vector<bool>& wanted)
      : graph_(graph), max_tokens_(max_tokens), wanted_(wanted) {
    FindLastUses();
    FindWrittenEarly();
    plan_.offsets.assign(graph.size(), kNoPlace);
    plan_.row_bytes.assign(graph.size(), 0);
    plan_.tiles.assign(graph.size(), 0);
    plan_.bytes.assign(graph.size(), 0);
  }

  MemoryPlan Run() {
    for (NodeId id = 0; id < graph_.size(); ++id) {
      const ValueType& type = graph_.node(id).type;
      const bool is_output = id == graph_.output();  // its caller has rows one after the other
      plan_.row_bytes[id] = is_output ? type.columns * sizeof(float) : RowBytesOf(type);
    }
    for (NodeId id = 0; id < graph_.size(); ++id) {
      std::erase_if(taken_, [&](const Block& block) { return block.last_use < id; });
      if (written_early_[id] != id) Place(written_early_[id]);
      if (plan_.offsets[id] == kNoPlace) Place(id);
    }
    return std::move(plan_);
  }

 private:
  void Place(NodeId id) {
    const bool wanted = wanted_.empty() || wanted_[id];
    if (wanted && LivesInArena(graph_, id) && !PlaceOverInput(id)) PlaceInGap(id);
  }

  void FindWrittenEarly() {
    written_early_.resize(graph_.size());
    for (NodeId id = 0; id < graph_.size(); ++id) written_early_[id] = id;
    for (const GatedNodes& nodes : FindGatedProducts(graph_)) {
      if (nodes.quantize != nodes.glu) written_early_[nodes.products[0]] = nodes.quantize;
    }
  }

  void FindLastUses() {
    last_use_.resize(graph_.size());
    for (NodeId id = 0; id < graph_.size(); ++id) {
      last_use_[id] = id;
      for (const NodeId input : graph_.node(id).inputs) last_use_[input] = id;
    }
  }

  bool PlaceOverInput(NodeId id) {
    const std::optional<NodeId> input = OverwritableInput(graph_, id);
    if (!input || last_use_[*input] != id || plan_.offsets[*input] == kNoPlace) return false;
    plan_.offsets[id] = plan_.offsets[*input];
    plan_.bytes[id] = plan_.bytes[*input];
    for (Block& block : taken_) {
      if (block.offset == plan_.offsets[id]) block.last_use = last_use_[id];
    }
    return true;
  }

  // The first gap that is large enough; taken_ is kept in order of offsets.
  void PlaceInGap(NodeId id) {
    const uint64_t row_bytes =
        (plan_.row_bytes[id] * max_tokens_ + kAlignment - 1) / kAlignment * kAlignment;
    const uint64_t tile_bytes = TileBytesOf(graph_.node(id).type, max_tokens_);
    const uint64_t bytes = row_bytes + tile_bytes;
    if (tile_bytes > 0) plan_.tiles[id] = row_bytes;
    plan_.bytes[id] = bytes;
    uint64_t offset = 0;
    auto next = taken_.begin();
    for (; next != taken_.end() && next->offset - offset < bytes; ++next) {
      offset = next->offset + next->bytes;
    }
    taken_.insert(next, {offset, bytes, last_use_[id]});
    plan_.offsets[id] = offset;
    plan_.arena_bytes = std::max(plan_.arena_bytes, offset + bytes);
  }

  const Graph& graph_;
  uint64_t max_tokens_;
  const std::vector<bool>& wanted_;
  std::vector<NodeId> last_use_;
  std::vector<NodeId> written_early_;  // of each node, one whose value is written with its; or it
  std::vector<Block> taken_;
  MemoryPlan plan_;
};

}  // namespace

MemoryPlan PlanMemory(const Graph& graph, uint32_t max_tokens, const std::vector<bool>& wanted) {
  return Planner(graph, max_tokens, wanted).Run();
}

}  // namespace ingle
