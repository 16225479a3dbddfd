#include "compile/compile.h"

#include <gtest/gtest.h>

#include "compile/barriers.h"
#include "compile/gated_products.h"
#include "compile/memory_plan.h"
#include "compile/passes.h"
#include "graph/builder.h"
#include "graph/print.h"
#include "kernels/bf16_tiles.h"
#include "kernels/q8_rows.h"

namespace ingle {
namespace {

const std::vector<std::byte> kZeros(1 << 16);

TensorView View(DType type, Shape shape) { return {type, shape, kZeros.data()}; }

// One layer that has all that the passes look for.
Graph SmallModel(DType weights) {
  GraphBuilder g;
  const Value table = g.Weight("embd", View(DType::kF32, {20, 64}));
  const auto matrix = [&](const char* name, uint64_t rows, uint64_t columns) {
    return g.Weight(name, View(weights, {rows, columns}));
  };
  const AttentionAttributes attention{0, 2, 1, 32, 32, 0.1f};
  RopeAttributes rope;
  rope.head_size = 32;
  rope.frequencies.assign(16, 1.0f);

  Value x = g.Embed(g.Tokens(), table);
  Value h = g.RmsNorm(x, g.Weight("norm", View(DType::kF32, {64})), 1e-5f);
  const Value q = g.Rope(g.MatMul(h, matrix("q", 64, 64)), rope);
  const Value k = g.Rope(g.MatMul(h, matrix("k", 32, 64)), rope);
  const Value v = g.MatMul(h, matrix("v", 32, 64));
  x = g.Add(x, g.MatMul(g.Attention(q, k, v, attention), matrix("o", 64, 64)));
  h = g.RmsNorm(x, g.Weight("norm", View(DType::kF32, {64})), 1e-5f);
  const Value a =
      g.SwiGlu(g.MatMul(h, matrix("gate", 128, 64)), g.MatMul(h, matrix("up", 128, 64)));
  x = g.Add(g.MatMul(a, matrix("down", 64, 128)), x);
  auto graph = g.Finish(g.MatMul(g.SelectRows(x, g.OutputRows()), table));
  EXPECT_TRUE(graph);
  return *graph;
}

// One layer of experts, three of four a token.
Graph SmallMixture(DType weights) {
  GraphBuilder g;
  const auto experts = [&](const char* name, uint64_t rows, uint64_t columns) {
    return g.Experts(name, std::vector(4, View(weights, {rows, columns})));
  };
  Value x = g.Embed(g.Tokens(), g.Weight("embd", View(DType::kF32, {20, 64})));
  const Value h = g.RmsNorm(x, g.Weight("norm", View(DType::kF32, {64})), 1e-5f);
  const Value logits = g.MatMul(h, g.Weight("router", View(DType::kF32, {4, 64})));
  const Value routes = g.Route(logits, {}, {}, {.experts = 4, .k = 3});
  const Value gate = g.ExpertMatMul(h, routes, experts("gate", 96, 64), {}, {});
  const Value up = g.ExpertMatMul(h, routes, experts("up", 96, 64), {}, {});
  const Value down =
      g.ExpertMatMul(g.SwiGlu(gate, up), routes, experts("down", 64, 96), {}, {.own_inputs = true});
  x = g.Add(x, g.Mix(down, routes));
  auto graph = g.Finish(g.SelectRows(x, g.OutputRows()));
  EXPECT_TRUE(graph);
  return *graph;
}

size_t CountOps(const Graph& graph, Op op) {
  size_t count = 0;
  for (const Node& node : graph.nodes()) count += node.op == op;
  return count;
}

size_t CountElements(const Graph& graph, Op op, Element element) {
  size_t count = 0;
  for (const Node& node : graph.nodes()) count += node.op == op && node.type.element == element;
  return count;
}

TEST(FuseResiduals, SumsMoveIntoProducts) {
  const Graph fused = FuseResiduals(SmallModel(DType::kF32));
  EXPECT_EQ(CountOps(fused, Op::kAdd), 0u);
  EXPECT_EQ(CountOps(fused, Op::kMatMul), 8u);
  EXPECT_NE(ToText(fused).find("+residual"), std::string::npos);
}

TEST(FuseResiduals, AProductThatOthersReadStays) {
  GraphBuilder g;
  const Value x = g.Embed(g.Tokens(), g.Weight("embd", View(DType::kF32, {20, 64})));
  const Value y = g.MatMul(x, g.Weight("w", View(DType::kF32, {64, 64})));
  const auto graph = g.Finish(g.Add(g.Add(x, y), y));
  ASSERT_TRUE(graph);
  EXPECT_EQ(CountOps(FuseResiduals(*graph), Op::kAdd), 2u);
}

TEST(SplitAttention, AppendsBeforeItAttends) {
  const Graph split = SplitAttention(SmallModel(DType::kF32));
  EXPECT_EQ(CountOps(split, Op::kAttention), 0u);
  EXPECT_EQ(CountOps(split, Op::kCacheAppend), 1u);
  EXPECT_EQ(CountOps(split, Op::kAttend), 1u);
}

TEST(QuantizeActivations, EachInputOnceAndByItsProducerWherePossible) {
  const KernelSet kernels;
  if (kernels.matmul(DType::kQ8_0).input != InputRows::kQ8) GTEST_SKIP();
  const Graph quantized =
      QuantizeActivations(SplitAttention(FuseResiduals(SmallModel(DType::kQ8_0))), kernels);
  const bool tiles = kernels.matmul(DType::kQ8_0).run_tiles != nullptr;
  const Element form = tiles ? Element::kQ8OrTiles : Element::kQ8;
  EXPECT_EQ(CountElements(quantized, Op::kRmsNorm, form), 2u);
  EXPECT_EQ(CountOps(quantized, Op::kQuantize), 2u);  // what attention gives, and the GLU
}

TEST(QuantizeActivations, FloatWeightsKeepFloatInputs) {
  const Graph graph = QuantizeActivations(SmallModel(DType::kF16), KernelSet());
  EXPECT_EQ(CountOps(graph, Op::kQuantize), 0u);
}

// Where it is tokens that are multiplied, and not the few rows whose logits are wanted.
TEST(QuantizeActivations, TilesOfTokensWhereKernelsTakeThem) {
  const KernelSet kernels(kCpuAvx2 | kCpuAvx512Vnni | kCpuAmxBf16);
  if (kernels.matmul(DType::kQ8_0).run_tiles == nullptr) GTEST_SKIP();
  GraphBuilder g;
  Value x = g.Embed(g.Tokens(), g.Weight("embd", View(DType::kF32, {20, 64})));
  x = g.MatMul(x, g.Weight("w", View(DType::kQ8_0, {64, 64})));
  x = g.SelectRows(x, g.OutputRows());
  const auto graph = g.Finish(g.MatMul(x, g.Weight("head", View(DType::kQ8_0, {20, 64}))));
  ASSERT_TRUE(graph);
  const Graph quantized = QuantizeActivations(*graph, kernels);
  EXPECT_EQ(CountElements(quantized, Op::kQuantize, Element::kQ8OrTiles), 1u);
  EXPECT_EQ(CountElements(quantized, Op::kQuantize, Element::kQ8), 1u);
  const MemoryPlan plan = PlanMemory(quantized, 17);
  for (NodeId id = 0; id < quantized.size(); ++id) {
    if (quantized.node(id).type.element != Element::kQ8OrTiles) continue;
    EXPECT_EQ(plan.row_bytes[id], Q8RowBytes(64));
    EXPECT_EQ(plan.tiles[id], 17 * Q8RowBytes(64));
    EXPECT_EQ(plan.bytes[id], plan.tiles[id] + Bf16TilesBytes(17, 64));
    EXPECT_GE(plan.arena_bytes, plan.offsets[id] + plan.bytes[id]);
  }
}

// A mixture's gate and up share their input, whatever experts a token has; what goes into down is
// one row for each of its experts.
TEST(QuantizeActivations, EachInputOfAMixtureOnce) {
  const KernelSet kernels;
  if (kernels.matmul(DType::kQ8_0).input != InputRows::kQ8) GTEST_SKIP();
  const Graph quantized = QuantizeActivations(SmallMixture(DType::kQ8_0), kernels);
  const MemoryPlan plan = PlanMemory(quantized, 5);
  std::vector<uint64_t> row_bytes;
  for (NodeId id = 0; id < quantized.size(); ++id) {
    if (quantized.node(id).op == Op::kQuantize) row_bytes.push_back(plan.row_bytes[id]);
  }
  EXPECT_EQ(row_bytes, (std::vector<uint64_t>{Q8RowBytes(64), 3 * Q8RowBytes(96)}));
  EXPECT_NE(ToText(quantized).find("3 × 96]"), std::string::npos);
}

// What kernels for tiles would be given, on any machine that could have them; or as it is.
Graph SmallModelInTiles() {
  const KernelSet kernels(kCpuAvx2 | kCpuAvx512Vnni | kCpuAmxBf16);
  return QuantizeActivations(SplitAttention(FuseResiduals(SmallModel(DType::kQ8_0))), kernels);
}

// Any two values that are alive together must not share a byte, but for one written over another on
// purpose.
void ExpectLiveValuesDoNotOverlap(const Graph& graph) {
  const uint32_t tokens = 7;
  const MemoryPlan plan = PlanMemory(graph, tokens);
  std::vector<NodeId> last_use(graph.size());
  for (NodeId id = 0; id < graph.size(); ++id) {
    last_use[id] = id;
    for (const NodeId input : graph.node(id).inputs) last_use[input] = id;
  }
  std::vector<NodeId> first_write(graph.size());
  for (NodeId id = 0; id < graph.size(); ++id) first_write[id] = id;
  for (const GatedNodes& gated : FindGatedProducts(graph)) {
    first_write[gated.quantize] = std::min(first_write[gated.quantize], gated.products[0]);
  }
  const auto end_of = [&](NodeId id) {
    const ValueType& type = graph.node(id).type;
    if (type.element != Element::kQ8OrTiles) return plan.offsets[id] + plan.row_bytes[id] * tokens;
    return plan.offsets[id] + plan.tiles[id] + Bf16TilesBytes(tokens, type.columns);
  };
  uint64_t reach = 0;
  for (NodeId a = 0; a < graph.size(); ++a) {
    if (plan.offsets[a] == kNoPlace) continue;
    EXPECT_EQ(plan.offsets[a] % 64, 0u);
    const uint64_t a_end = end_of(a);
    reach = std::max(reach, a_end);
    for (NodeId b = 0; b < graph.size(); ++b) {
      if (plan.offsets[b] == kNoPlace || a == b) continue;
      if (first_write[b] > last_use[a] || first_write[a] > last_use[b]) continue;
      const bool overwrites =
          (b == last_use[a] || a == last_use[b]) && plan.offsets[b] == plan.offsets[a];
      const uint64_t b_end = end_of(b);
      EXPECT_TRUE(overwrites || a_end <= plan.offsets[b] || b_end <= plan.offsets[a])
          << a << " and " << b;
    }
  }
  EXPECT_LE(reach, plan.arena_bytes);
  EXPECT_LT(plan.arena_bytes, reach + 64);
}

TEST(PlanMemory, LiveValuesDoNotOverlap) {
  ExpectLiveValuesDoNotOverlap(
      QuantizeActivations(SplitAttention(FuseResiduals(SmallModel(DType::kQ8_0))), KernelSet()));
  ExpectLiveValuesDoNotOverlap(SmallModelInTiles());
}

TEST(GatedProducts, AreFoundWhereNothingElseReadsThem) {
  const Graph model = SmallModelInTiles();
  const auto found = FindGatedProducts(model);
  if (found.empty()) {
    EXPECT_EQ(CountElements(model, Op::kQuantize, Element::kQ8OrTiles), 0u);
    GTEST_SKIP();
  }
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(model.node(found[0].products[0]).op, Op::kMatMul);
  EXPECT_EQ(model.node(found[0].products[1]).op, Op::kMatMul);
  EXPECT_EQ(model.node(found[0].glu).op, Op::kGlu);
  EXPECT_EQ(model.node(found[0].quantize).op, Op::kQuantize);
  EXPECT_TRUE(FindGatedProducts(QuantizeActivations(SmallModel(DType::kF16), KernelSet())).empty());

  const KernelSet kernels(kCpuAvx2 | kCpuAvx512Vnni | kCpuAmxBf16);
  const auto find = [&](bool gate_is_read, bool result_is_read, DType up_type) {
    GraphBuilder g;
    const Value x = g.Embed(g.Tokens(), g.Weight("embd", View(DType::kF32, {20, 64})));
    const Value gate = g.MatMul(x, g.Weight("gate", View(DType::kQ8_0, {64, 64})));
    const Value up = g.MatMul(x, g.Weight("up", View(up_type, {64, 64})));
    const Value glu = g.SwiGlu(gate, up);
    Value y = g.MatMul(glu, g.Weight("down", View(DType::kQ8_0, {64, 64})));
    if (gate_is_read) y = g.Add(y, gate);
    if (result_is_read) y = g.Add(y, glu);
    return FindGatedProducts(QuantizeActivations(*g.Finish(y), kernels));
  };
  ASSERT_EQ(find(false, false, DType::kQ8_0).size(), 1u);
  EXPECT_EQ(find(true, false, DType::kQ8_0).size(), 0u);
  EXPECT_EQ(find(false, false, DType::kQ4_0).size(), 0u);
  const auto read = find(false, true, DType::kQ8_0);
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].quantize, read[0].glu);  // its floats are wanted
}

// Attention and the feed-forward side by side: what the former leaves free, the latter may take,
// and a barrier then stands between its products.
Graph ParallelModel(DType weights) {
  GraphBuilder g;
  const auto matrix = [&](const char* name, uint64_t rows, uint64_t columns) {
    return g.Weight(name, View(weights, {rows, columns}));
  };
  const AttentionAttributes attention{0, 2, 1, 32, 32, 0.1f};
  const Value x = g.Embed(g.Tokens(), g.Weight("embd", View(DType::kF32, {20, 64})));
  const Value h = g.RmsNorm(x, g.Weight("norm", View(DType::kF32, {64})), 1e-5f);
  const Value q = g.MatMul(h, matrix("q", 64, 64));
  const Value k = g.MatMul(h, matrix("k", 32, 64));
  const Value v = g.MatMul(h, matrix("v", 32, 64));
  const Value attended = g.MatMul(g.Attention(q, k, v, attention), matrix("o", 64, 64));
  const Value gate = g.MatMul(h, matrix("gate", 64, 64));
  const Value up = g.MatMul(h, matrix("up", 64, 64));
  const Value fed = g.MatMul(g.SwiGlu(gate, up), matrix("down", 64, 64));
  return *g.Finish(g.Add(g.Add(attended, fed), x));
}

const CompileOptions kInTiles{KernelSet(kCpuAvx2 | kCpuAvx512Vnni | kCpuAmxBf16), 64, DType::kF16};

TEST(GatedProducts, NobodyWaitsAmongThem) {
  if (FindGatedProducts(SmallModelInTiles()).empty()) GTEST_SKIP();
  for (const Graph& graph : {SmallModel(DType::kQ8_0), ParallelModel(DType::kQ8_0)}) {
    const Program program = Compile(graph, kInTiles);
    for (const std::vector<Step>* steps : {&program.steps, &program.few_steps}) {
      size_t gated = 0;
      for (size_t i = 0; i < steps->size(); ++i) {
        if (!(*steps)[i].begins_gated) continue;
        ++gated;
        EXPECT_FALSE((*steps)[i + 1].barrier_before || (*steps)[i + 2].barrier_before);
        EXPECT_EQ((*steps)[i + 2].op, Op::kGlu);
      }
      EXPECT_EQ(gated, 1u);
    }
  }
}

// Of tokens that are read neither gate nor up nor what becomes of them is ever floats.
TEST(GatedProducts, PromptsDoNotTouchWhatWrittenTokensNeed) {
  const Program floats = Compile(SmallModel(DType::kF16), kInTiles);
  EXPECT_EQ(floats.prompt_bytes, floats.arena_bytes);
  if (FindGatedProducts(SmallModelInTiles()).empty()) GTEST_SKIP();
  for (const Graph& graph : {SmallModel(DType::kQ8_0), ParallelModel(DType::kQ8_0)}) {
    const Program program = Compile(graph, kInTiles);
    EXPECT_LT(program.prompt_bytes, program.arena_bytes);
    std::vector<bool> touched(program.arena_bytes, false);
    for (size_t i = 0; i < program.steps.size(); ++i) {
      const Step& step = program.steps[i];
      const Operand& to = step.begins_gated ? step.tiles : step.output;
      if (to.place == Operand::Place::kArena) {
        std::fill(touched.begin() + static_cast<ptrdiff_t>(to.offset + to.tiles),
                  touched.begin() + static_cast<ptrdiff_t>(to.offset + to.bytes), true);
      }
      if (step.begins_gated) i += 2;
    }
    EXPECT_EQ(program.prompt_bytes,
              static_cast<uint64_t>(std::count(touched.begin(), touched.end(), true)));
  }
}

// In steps for few tokens each worker rounds for itself.
TEST(GatedProducts, StepsForManyTokensPutTheResultInTiles) {
  const Program program = Compile(SmallModel(DType::kQ8_0), kInTiles);
  if (FindGatedProducts(SmallModelInTiles()).empty()) GTEST_SKIP();
  const auto count = [](const std::vector<Step>& steps, auto of) {
    return std::count_if(steps.begin(), steps.end(), of);
  };
  for (const std::vector<Step>* steps : {&program.steps, &program.few_steps}) {
    EXPECT_EQ(count(*steps, [](const Step& step) { return step.begins_gated; }), 1);
    const bool many = steps == &program.steps;
    EXPECT_EQ(count(*steps, [](const Step& step) { return bool{step.tiles}; }), many);
    EXPECT_EQ(count(*steps, [](const Step& step) { return step.of_written; }), many);
    for (const Step& step : *steps) EXPECT_TRUE(!step.of_written || step.barrier_before);
  }
}

// The operations, with a bar where all wait for all.
std::string Stretches(const std::vector<Step>& steps) {
  std::string text;
  for (const Step& step : steps) {
    text += step.barrier_before ? " | " : text.empty() ? "" : " ";
    text += Name(step.op);
  }
  return text;
}

TEST(Compile, StepsWaitOnlyForWhatOthersDo) {
  const Program program = Compile(SmallModel(DType::kF32), {KernelSet(), 16, DType::kF32});
  EXPECT_EQ(
      Stretches(program.steps),
      "rope_angles embed rms_norm | matmul matmul matmul | rope | cache_append rope | attend | "
      "matmul | rms_norm | matmul matmul glu | matmul | select_rows | matmul");
}

// Behind a value's rows its tiles are its own as well.
TEST(PlaceBarriers, TilesAreNotWrittenOverWhatIsRead) {
  constexpr uint64_t kRows = 64 * 512;
  const auto operand = [](Element element, uint64_t offset, uint64_t bytes) {
    Operand value;
    value.type = {element, Rows::kTokens, 64};
    value.place = Operand::Place::kArena;
    value.offset = offset;
    value.row_bytes = kRows / 512;
    value.bytes = bytes;
    return value;
  };
  const auto step = [](const Operand& input, const Operand& output) {
    Step norm;
    norm.op = Op::kRmsNorm;
    norm.split = Split::kRows;
    norm.inputs[0] = input;
    norm.output = output;
    return norm;
  };
  const Operand read = operand(Element::kF32, 2 * kRows, kRows);
  const Operand other = operand(Element::kF32, 9 * kRows, kRows);
  for (const uint64_t reach : {2, 3}) {
    Operand tiled = operand(Element::kQ8OrTiles, 0, reach * kRows);
    tiled.tiles = kRows;
    std::vector<Step> steps{step(read, operand(Element::kF32, 5 * kRows, kRows)),
                            step(other, tiled)};
    PlaceBarriers(steps);
    EXPECT_EQ(steps[1].barrier_before, reach == 3);
  }
}

// Of few tokens each worker computes the rows for itself: five waits a layer and one for the cache.
TEST(Compile, FewTokensWaitLess) {
  const Program program = Compile(SmallModel(DType::kF32), {KernelSet(), 16, DType::kF32});
  EXPECT_EQ(Stretches(program.few_steps),
            "rope_angles embed rms_norm matmul matmul matmul | rope cache_append rope | attend | "
            "matmul | rms_norm matmul matmul glu | matmul | select_rows matmul");
  EXPECT_GT(program.own_bytes, 0u);
  for (const Step& step : program.steps) EXPECT_NE(step.output.place, Operand::Place::kOwn);
}

// Twice more than what has no experts: for the router, and for the activation, as the columns of an
// expert's products are shared otherwise than those of what is made of them.
TEST(Compile, AMixtureWaitsFourTimes) {
  const Program program = Compile(SmallMixture(DType::kF32), {KernelSet(), 16, DType::kF32});
  EXPECT_EQ(Stretches(program.few_steps),
            "embed rms_norm matmul | route experts experts | glu | experts | mix add select_rows");
}

// Q, K and V, what attention becomes, gate, up and their product, down, and the logits.
TEST(Compile, ProductsBetweenTwoBarriersAreAChain) {
  const Program program = Compile(SmallModel(DType::kF32), {KernelSet(), 16, DType::kF32});
  for (const std::vector<Step>* steps : {&program.steps, &program.few_steps}) {
    std::vector<uint32_t> chains;
    for (const Step& step : *steps) {
      if (step.chain == 0) continue;
      EXPECT_EQ(step.op, Op::kMatMul);
      EXPECT_GE(step.chain_bytes, step.inputs[1].weight.bytes());
      chains.push_back(step.chain);
    }
    EXPECT_EQ(chains, (std::vector<uint32_t>{3, 1, 3, 1, 1}));
  }
}

// What is computed of one by columns may depend on what the same worker has computed of another.
TEST(Compile, ColumnsThatAreApartAreNoChain) {
  GraphBuilder g;
  const auto weight = [&](const char* name) { return g.Weight(name, View(DType::kF32, {64, 64})); };
  const Value x = g.Embed(g.Tokens(), g.Weight("embd", View(DType::kF32, {20, 64})));
  const Value a = g.MatMul(x, weight("a"));
  const Value angles = g.Embed(g.Positions(), g.Weight("positions", View(DType::kF32, {20, 64})));
  const Value b = g.Add(a, g.MatMul(x, weight("b")));
  const auto graph = g.Finish(g.SelectRows(g.Add(b, angles), g.OutputRows()));
  ASSERT_TRUE(graph);
  const Program program = Compile(*graph, {KernelSet(), 16, DType::kF32});
  std::string text = Stretches(program.steps);
  for (const Step& step : program.steps) text += Cat(" ", step.chain);
  EXPECT_EQ(text, "embed | matmul embed matmul | add | select_rows 0 0 0 0 1 0");
}

TEST(Compile, LayersThatTurnAlikeShareTheirAngles) {
  GraphBuilder g;
  Value x = g.Embed(g.Tokens(), g.Weight("embd", View(DType::kF32, {20, 64})));
  RopeAttributes rope;
  rope.head_size = 16;
  for (const float base : {1.0f, 1.0f, 0.5f, 1.0f}) {
    rope.frequencies.assign(8, base);
    x = g.Rope(x, rope);
  }
  const auto graph = g.Finish(g.SelectRows(x, g.OutputRows()));
  ASSERT_TRUE(graph);
  const Program program = Compile(*graph, {KernelSet(), 16, DType::kF32});
  std::vector<uint64_t> angles, used;
  for (const Step& step : program.steps) {
    if (step.op == Op::kRopeAngles) angles.push_back(step.output.offset);
    if (step.op == Op::kRope) used.push_back(step.inputs[1].offset);
  }
  ASSERT_EQ(angles.size(), 2u);
  EXPECT_EQ(used, (std::vector<uint64_t>{angles[0], angles[0], angles[1], angles[0]}));
}

TEST(PlanCache, LaysLayersOneAfterTheOther) {
  const CacheLayout layout = PlanCache(SmallModel(DType::kF32), DType::kF16);
  ASSERT_EQ(layout.layers.size(), 1u);
  EXPECT_EQ(layout.layers[0].value_offset, uint64_t{layout.page_tokens} * 32 * 2);
  EXPECT_EQ(layout.page_bytes, uint64_t{layout.page_tokens} * 2 * 32 * 2);
}

// What the encoder's graph appends, the decoder's graph finds at the same place.
TEST(PlanCache, TheGraphsOfAnEncoderDecoderAgree) {
  const auto heads = [](GraphBuilder& g, uint64_t columns) {
    const Value x = g.Embed(g.Tokens(), g.Weight("embd", View(DType::kF32, {20, 64})));
    return g.MatMul(x, g.Weight("w", View(DType::kF32, {columns, 64})));
  };
  AttentionAttributes source[] = {{0, 2, 1, 8, 16, 1.0f}, {1, 2, 2, 8, 8, 1.0f}};
  for (AttentionAttributes& a : source) a.of_source = true;
  AttentionAttributes self{2, 2, 1, 8, 8, 1.0f};

  GraphBuilder encoder;
  Value x = encoder.Attention(heads(encoder, 16), heads(encoder, 8), heads(encoder, 8), self);
  encoder.CacheAppend(heads(encoder, 8), heads(encoder, 16), source[0]);
  encoder.CacheAppend(heads(encoder, 16), heads(encoder, 16), source[1]);
  const auto reads = encoder.Finish(encoder.SelectRows(x, encoder.OutputRows()));

  GraphBuilder decoder;
  self.state = 0;
  x = decoder.Attention(heads(decoder, 16), heads(decoder, 8), heads(decoder, 8), self);
  const Value first = decoder.Attention(heads(decoder, 16), {}, {}, source[0]);
  const Value second = decoder.Attention(heads(decoder, 16), {}, {}, source[1]);
  x = decoder.Concat(decoder.Concat(x, first), second);
  const auto answers = decoder.Finish(decoder.SelectRows(x, decoder.OutputRows()));
  ASSERT_TRUE(reads && answers);

  const Program encodes = Compile(*reads, {KernelSet(), 16, DType::kF16});
  const Program decodes = Compile(*answers, {KernelSet(), 16, DType::kF16});
  ASSERT_EQ(encodes.cache.layers.size(), 3u);
  ASSERT_EQ(decodes.cache.source_layers.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(encodes.cache.layers[i].key_offset, decodes.cache.source_layers[i].key_offset);
    EXPECT_EQ(encodes.cache.layers[i].value_offset, decodes.cache.source_layers[i].value_offset);
  }
  EXPECT_EQ(decodes.cache.layers.size(), 1u);
  size_t appends = 0;
  for (const Step& step : decodes.steps) appends += step.op == Op::kCacheAppend;
  EXPECT_EQ(appends, 1u);
}

}  // namespace
}  // namespace ingle
