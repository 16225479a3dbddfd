#include "compile/compile.h"

#include <algorithm>
#include <utility>

#include "compile/barriers.h"
#include "compile/expert_scratch.h"
#include "compile/gated_products.h"
#include "compile/memory_plan.h"
#include "compile/passes.h"

namespace ingle {
namespace {

Operand::Place PlaceOfInput(Input input) {
  switch (input) {
    case Input::kTokens:
      return Operand::Place::kTokens;
    case Input::kPositions:
      return Operand::Place::kPositions;
    case Input::kOutputRows:
      return Operand::Place::kOutputRows;
  }
  return Operand::Place::kNone;
}

// Where values are: the same in steps for many tokens and for few, or in those each worker's own.
struct Places {
  const MemoryPlan& arena;
  const MemoryPlan* own = nullptr;
};

Operand OperandOf(const Graph& graph, const Places& places, NodeId id) {
  const Node& node = graph.node(id);
  Operand operand;
  operand.type = node.type;
  operand.row_bytes = places.arena.row_bytes[id];
  if (node.op == Op::kInput) {
    operand.place = PlaceOfInput(std::get<InputAttributes>(node.attributes).input);
  } else if (node.op == Op::kWeight) {
    operand.place = Operand::Place::kWeight;
    operand.weight = WeightOf(node).view;
    operand.experts = WeightOf(node).experts;
    operand.row_bytes = operand.weight.row_bytes();
  } else if (id == graph.output()) {
    operand.place = Operand::Place::kLogits;
  } else if (places.own != nullptr && places.own->offsets[id] != kNoPlace) {
    operand.place = Operand::Place::kOwn;
    operand.offset = places.own->offsets[id];
    operand.tiles = places.own->tiles[id];
  } else if (places.arena.offsets[id] != kNoPlace) {
    operand.place = Operand::Place::kArena;
    operand.offset = places.arena.offsets[id];
    operand.bytes = places.arena.bytes[id];
    operand.tiles = places.arena.tiles[id];
  }
  return operand;
}

// In which place of Step::inputs the node's input i goes.
size_t SlotOf(const Node& node, size_t i) {
  if (node.op != Op::kMatMul || i < 2) return i;
  return std::get<MatMulAttributes>(node.attributes).bias ? i : 3;
}

Step StepOf(const Graph& graph, const Places& places, NodeId id) {
  const Node& node = graph.node(id);
  Step step;
  step.op = node.op;
  step.attributes = node.attributes;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    step.inputs[SlotOf(node, i)] = OperandOf(graph, places, node.inputs[i]);
  }
  step.output = OperandOf(graph, places, id);
  return step;
}

// The floats that a step wants for itself.
uint64_t ScratchOf(const Program& program, const Step& step) {
  if (step.op == Op::kAttend) {
    const auto& a = std::get<AttentionAttributes>(step.attributes);
    const auto scratch = [&](bool written) {
      return BlockScratch(program.kernels.attention(program.cache.type, written), a.key_size,
                          a.value_size);
    };
    return std::max(scratch(false), scratch(true));
  }
  if (step.op == Op::kExperts) {
    const TensorView& expert = step.inputs[2].weight;
    const uint64_t kernel = program.kernels.matmul(expert.type).scratch(expert.shape.columns());
    return ExpertScratch(expert.shape.rows(), ExpertInputBytes(step) / sizeof(float), kernel)
        .floats;
  }
  uint64_t columns = step.output.type.columns;
  for (const Operand& input : step.inputs) {
    if (input && input.place != Operand::Place::kWeight) {
      columns = std::max(columns, input.type.columns);
    }
  }
  if (step.op == Op::kMatMul) {
    return program.kernels.matmul(step.inputs[1].weight.type).scratch(columns);
  }
  return step.op == Op::kRoute ? 2 * columns : columns;
}

// Room for the partial results of some hundred chunks, or of one with very long heads.
uint64_t SharedOf(const Program& program, const Step& step) {
  if (step.op != Op::kAttend) return 0;
  constexpr uint64_t kEnough = 1 << 18;
  const auto& a = std::get<AttentionAttributes>(step.attributes);
  const auto rows = [&](bool written) {
    return program.kernels.attention(program.cache.type, written).most_rows;
  };
  const uint64_t one = PartialFloats(std::max(rows(false), rows(true)), a.value_size);
  return std::max(kEnough, (one + 15) / 16 * 16);
}

// Steps, and where those of some nodes are.
struct StepList {
  std::vector<Step> steps;
  std::vector<size_t> index;  // of each node that has become one

  Step& Of(NodeId id) { return steps[index[id]]; }
};

void MarkGated(const Graph& graph, const Places& places, const std::vector<GatedNodes>& gated,
               StepList& list) {
  for (const GatedNodes& nodes : gated) {
    Step& first = list.Of(nodes.products[0]);
    first.begins_gated = true;
    const Operand tiles = OperandOf(graph, places, nodes.quantize);
    // In steps for few tokens each worker rounds for itself.
    if (nodes.quantize == nodes.glu || tiles.place != Operand::Place::kArena) continue;
    first.tiles = tiles;
    list.Of(nodes.quantize).of_written = true;
  }
}

// Where a barrier stands among the three they cannot be one.
void UnmarkApart(const std::vector<GatedNodes>& gated, StepList& list) {
  for (const GatedNodes& nodes : gated) {
    if (!list.Of(nodes.products[1]).barrier_before && !list.Of(nodes.glu).barrier_before) continue;
    list.Of(nodes.products[0]).begins_gated = false;
    list.Of(nodes.products[0]).tiles = {};
    list.Of(nodes.quantize).of_written = false;
  }
}

std::vector<Step> StepsOf(const Graph& graph, const std::vector<Split>& splits,
                          const Places& places) {
  StepList list{{}, std::vector<size_t>(graph.size())};
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Op op = graph.node(id).op;
    if (op == Op::kInput || op == Op::kWeight) continue;
    list.index[id] = list.steps.size();
    list.steps.push_back(StepOf(graph, places, id));
    list.steps.back().split = splits[id];
  }
  const std::vector<GatedNodes> gated = FindGatedProducts(graph);
  MarkGated(graph, places, gated, list);
  PlaceBarriers(list.steps);
  UnmarkApart(gated, list);
  FindChains(list.steps);
  return std::move(list.steps);
}

// How many bytes lie in at least one of the stretches, each [first, second).
uint64_t BytesInAny(std::vector<std::pair<uint64_t, uint64_t>> stretches) {
  std::sort(stretches.begin(), stretches.end());
  uint64_t bytes = 0, reach = 0;
  for (const auto& [begin, end] : stretches) {
    if (end <= reach) continue;
    bytes += end - std::max(begin, reach);
    reach = end;
  }
  return bytes;
}

// Products that are computed at once leave nothing in memory but their result.
uint64_t PromptBytes(const std::vector<Step>& steps) {
  std::vector<std::pair<uint64_t, uint64_t>> touched;
  for (size_t i = 0; i < steps.size(); ++i) {
    const bool gated = steps[i].begins_gated;
    const Operand& to = !gated           ? steps[i].output
                        : steps[i].tiles ? steps[i].tiles
                                         : steps[i + 2].output;
    if (to.place == Operand::Place::kArena) {
      touched.emplace_back(to.offset + to.tiles, to.offset + to.bytes);
    }
    if (gated) i += 2;
  }
  return BytesInAny(std::move(touched));
}

}  // namespace

Program Compile(const Graph& model, const CompileOptions& options) {
  const Graph fused = ShareRopeAngles(GatherProducts(SplitAttention(FuseResiduals(model))));
  const Graph graph = QuantizeActivations(fused, options.kernels);
  const std::vector<Split> splits = SplitNodes(graph);
  std::vector<bool> by_rows;
  for (const Split split : splits) by_rows.push_back(split == Split::kRows);
  const MemoryPlan arena = PlanMemory(graph, options.max_tokens);
  const MemoryPlan own = PlanMemory(graph, kFewTokens, by_rows);

  Program program;
  program.kernels = options.kernels;
  program.cache = PlanCache(model, options.cache_type);
  program.max_tokens = options.max_tokens;
  program.arena_bytes = arena.arena_bytes;
  program.own_bytes = own.arena_bytes;
  program.vocabulary = graph.node(graph.output()).type.columns;
  program.steps = StepsOf(graph, splits, {arena});
  program.prompt_bytes = PromptBytes(program.steps);
  program.few_steps = StepsOf(graph, splits, {arena, &own});
  for (const Step& step : program.steps) {
    program.scratch_floats = std::max(program.scratch_floats, ScratchOf(program, step));
    program.shared_floats = std::max(program.shared_floats, SharedOf(program, step));
  }
  return program;
}

void UsePanels(Program& program, const PackedWeights& packed) {
  const auto use = [&](TensorView& matrix) {
    if (program.kernels.matmul(matrix.type).layout != WeightLayout::kPanels) return;
    matrix.data = packed.Find(matrix);
  };
  for (std::vector<Step>* steps : {&program.steps, &program.few_steps}) {
    for (Step& step : *steps) {
      if (step.op == Op::kMatMul) use(step.inputs[1].weight);
      if (step.op == Op::kExperts) {
        for (TensorView& expert : step.inputs[2].experts) use(expert);
      }
    }
  }
}

void GiveBackRowsOf(Program& program, const std::vector<TensorView>& tables) {
  for (std::vector<Step>* steps : {&program.steps, &program.few_steps}) {
    for (Step& step : *steps) {
      if (step.op != Op::kEmbed) continue;
      step.gives_back = std::any_of(tables.begin(), tables.end(), [&](const TensorView& table) {
        return table.data == step.inputs[1].weight.data;
      });
    }
  }
}

}  // namespace ingle
