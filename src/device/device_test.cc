// The compiled program against the graph that defines it, on a small random model.
#include "device/device.h"

#include <cmath>
#include <cstring>
#include <random>
#include <utility>

#include <gtest/gtest.h>

#include "base/aligned_memory.h"
#include "compile/compile.h"
#include "device/cpu/cpu_device.h"
#include "device/reference/reference_device.h"
#include "graph/builder.h"
#include "kernels/attention/attention.h"
#include "kernels/emulated_testing.h"

namespace ingle {
namespace {

constexpr uint64_t kVocabulary = 51;

// Weights of a graph: F32, Q8_0 or Q4_0.
class RandomWeights {
 public:
  Value Vector(GraphBuilder& g, uint64_t size) {
    return g.Weight("vector", Fill(DType::kF32, {size}));
  }
  Value Matrix(GraphBuilder& g, uint64_t rows, uint64_t columns, DType type) {
    return g.Weight("matrix", Fill(type, {rows, columns}));
  }
  Value Experts(GraphBuilder& g, size_t count, uint64_t rows, uint64_t columns, DType type) {
    std::vector<TensorView> matrices;
    for (size_t i = 0; i < count; ++i) matrices.push_back(Fill(type, {rows, columns}));
    return g.Experts("experts", std::move(matrices));
  }

 private:
  TensorView Fill(DType type, const Shape& shape) {
    const TensorView view{type, shape, nullptr};
    memory_.push_back(AllocateAligned(view.bytes()));
    std::byte* bytes = memory_.back().get();
    if (type == DType::kF32) {
      std::normal_distribution<float> normal(0.0f, 0.3f);
      auto* values = reinterpret_cast<float*>(bytes);
      for (uint64_t i = 0; i < shape.elements(); ++i) values[i] = normal(random_);
    } else {  // random bytes under one scale, which a block begins with
      const uint16_t scale = type == DType::kQ8_0 ? 0x1000 : 0x2000;  // 2^-11, 2^-7
      for (uint64_t i = 0; i < view.bytes(); ++i) bytes[i] = static_cast<std::byte>(random_());
      for (uint64_t at = 0; at < view.bytes(); at += Info(type).block_bytes) {
        std::memcpy(bytes + at, &scale, sizeof(scale));
      }
    }
    return {type, shape, bytes};
  }

  std::mt19937 random_{1};
  std::vector<AlignedMemory> memory_;
};

// A two-layer model with grouped heads, biases and weights of one type.
class SmallModel {
 public:
  // up_first: in the graph, before the gate.
  explicit SmallModel(DType type, uint32_t head = 16, uint64_t inner = 96, bool up_first = false) {
    GraphBuilder g;
    const auto matrix = [&](uint64_t rows, uint64_t columns) {
      return weights_.Matrix(g, rows, columns, type);
    };
    const auto vector = [&](uint64_t size) { return weights_.Vector(g, size); };
    const Value table = weights_.Matrix(g, kVocabulary, 64, DType::kF32);
    RopeAttributes rope;
    rope.head_size = head;
    for (int i = 0; i < 8; ++i) rope.frequencies.push_back(std::pow(0.1f, static_cast<float>(i)));
    Value x = g.Embed(g.Tokens(), table);
    for (uint32_t layer = 0; layer < 2; ++layer) {
      const AttentionAttributes attention{layer, 4, 2, head, head, 0.25f};
      Value h = g.RmsNorm(x, vector(64), 1e-5f);
      const Value q = g.Rope(g.MatMul(h, matrix(4 * head, 64), vector(4 * head)), rope);
      const Value k = g.Rope(g.MatMul(h, matrix(2 * head, 64)), rope);
      const Value v = g.MatMul(h, matrix(2 * head, 64));
      x = g.Add(x, g.MatMul(g.Attention(q, k, v, attention), matrix(64, 4 * head)));
      h = g.RmsNorm(x, vector(64), 1e-5f);
      const Value first = g.MatMul(h, matrix(inner, 64));
      const Value second = g.MatMul(h, matrix(inner, 64));
      const Value glu = up_first ? g.SwiGlu(second, first) : g.SwiGlu(first, second);
      x = g.Add(x, g.MatMul(glu, matrix(64, inner), vector(64)));
    }
    x = g.SelectRows(x, g.OutputRows());
    auto graph = g.Finish(g.MatMul(x, table));
    EXPECT_TRUE(graph);
    graph_ = std::move(*graph);
  }

  const Graph& graph() const { return graph_; }

 private:
  RandomWeights weights_;
  Graph graph_;
};

// A mixture alone: three of eight experts a token, whose parts are no whole block.
class SmallMixture {
 public:
  explicit SmallMixture(DType type) {
    GraphBuilder g;
    const auto experts = [&](uint64_t rows, uint64_t columns) {
      return weights_.Experts(g, 8, rows, columns, type);
    };
    const Value table = weights_.Matrix(g, kVocabulary, 64, DType::kF32);
    const Value x = g.Embed(g.Tokens(), table);
    const Value logits = g.MatMul(x, weights_.Matrix(g, 8, 64, DType::kF32));
    const Value routes = g.Route(logits, {}, {}, {.experts = 8, .k = 3});
    const Value gate = g.ExpertMatMul(x, routes, experts(96, 64), {}, {});
    const Value up = g.ExpertMatMul(x, routes, experts(96, 64), {}, {});
    const Value down =
        g.ExpertMatMul(g.SwiGlu(gate, up), routes, experts(64, 96), {}, {.own_inputs = true});
    const Value mixed = g.SelectRows(g.Mix(down, routes), g.OutputRows());
    auto graph = g.Finish(g.MatMul(mixed, table));
    EXPECT_TRUE(graph);
    graph_ = std::move(*graph);
  }

  const Graph& graph() const { return graph_; }

 private:
  RandomWeights weights_;
  Graph graph_;
};

// A sequence with pages of its own.
struct Sequence {
  std::vector<AlignedMemory> memory;
  std::vector<std::byte*> pages;
  uint32_t length = 0;

  void Reserve(const CacheLayout& layout, uint32_t positions) {
    while (pages.size() * layout.page_tokens < positions) {
      memory.push_back(AllocateAligned(layout.page_bytes));
      pages.push_back(memory.back().get());
    }
  }
};

struct Part {
  Sequence* sequence;
  std::vector<int32_t> tokens;
  bool written = false;
};

// Logits of all tokens of all parts, in one step.
std::vector<float> RunStep(Device& device, std::vector<Part> parts) {
  std::vector<int32_t> tokens, positions, rows;
  std::vector<SequenceSlice> slices;
  for (Part& part : parts) {
    Sequence& sequence = *part.sequence;
    const auto count = static_cast<uint32_t>(part.tokens.size());
    sequence.Reserve(device.cache(), sequence.length + count);
    slices.push_back(
        {static_cast<uint32_t>(tokens.size()), count, sequence.length, sequence.pages});
    slices.back().written = part.written;
    for (const int32_t token : part.tokens) {
      rows.push_back(static_cast<int32_t>(tokens.size()));
      tokens.push_back(token);
      positions.push_back(static_cast<int32_t>(sequence.length++));
    }
  }
  std::vector<float> logits(rows.size() * kVocabulary);
  EXPECT_TRUE(device.Execute({tokens, positions, rows, slices, logits}));
  return logits;
}

std::vector<int32_t> Tokens(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<int32_t> tokens(count);
  for (int32_t& token : tokens) token = static_cast<int32_t>(random() % kVocabulary);
  return tokens;
}

// A device that owns what it needs.
struct CpuSetup {
  // shared_floats: what attention may share; 0: as much as the program says.
  CpuSetup(const Graph& graph, int threads, DType cache, const KernelSet& kernels = KernelSet(),
           uint64_t shared_floats = 0)
      : pool(threads),
        packed(PackInMemory(MatricesToPack({&graph}, kernels), pool)),
        program(Compile(graph, {kernels, 256, cache})) {
    UsePanels(program, packed->weights);
    if (shared_floats > 0) program.shared_floats = shared_floats;
    auto made = MakeCpuDevice(program, pool);
    EXPECT_TRUE(made);
    device = std::move(*made);
  }
  WorkerPool pool;
  Result<PackedMemory> packed;
  Program program;
  std::unique_ptr<Device> device;
};

std::vector<float> RunReference(const Graph& graph, const std::vector<int32_t>& tokens) {
  WorkerPool pool(2);
  Sequence sequence;
  return RunStep(*MakeReferenceDevice(graph, pool), {{&sequence, tokens}});
}

void ExpectNear(const std::vector<float>& got, const std::vector<float>& want, float relative) {
  ASSERT_EQ(got.size(), want.size());
  float largest = 0;
  for (const float value : want) largest = std::max(largest, std::fabs(value));
  for (size_t i = 0; i < want.size(); ++i) {
    ASSERT_NEAR(got[i], want[i], relative * largest) << "element " << i;
  }
}

TEST(CpuDevice, AgreesWithTheReference) {
  const SmallModel model(DType::kF32);
  const auto tokens = Tokens(70, 1);
  Sequence a, b;
  CpuSetup fast(model.graph(), 2, DType::kF32);
  CpuSetup plain(model.graph(), 3, DType::kF32, KernelSet(0));
  const auto want = RunReference(model.graph(), tokens);
  ExpectNear(RunStep(*fast.device, {{&a, tokens}}), want, 1e-5f);
  ExpectNear(RunStep(*plain.device, {{&b, tokens}}), want, 1e-5f);
}

TEST(CpuDevice, QuantizedActivationsStayClose) {
  const SmallModel model(DType::kQ8_0);
  const auto tokens = Tokens(70, 2);
  Sequence a, b;
  CpuSetup fast(model.graph(), 2, DType::kF16);
  CpuSetup plain(model.graph(), 2, DType::kF16, KernelSet(0));
  const auto want = RunReference(model.graph(), tokens);
  ExpectNear(RunStep(*fast.device, {{&a, tokens}}), want, 3e-2f);
  ExpectNear(RunStep(*plain.device, {{&b, tokens}}), want, 2e-3f);
}

// Bit for bit, whatever the threads, the batch and the cut into steps. The wide models have
// products whose parts workers take as they come.
TEST(CpuDevice, ResultsDoNotDependOnCompany) {
  constexpr uint64_t kWide = 8192;
  const std::pair<DType, uint64_t> models[] = {{DType::kF32, 96},     {DType::kQ8_0, 96},
                                               {DType::kQ4_0, 96},    {DType::kF32, kWide},
                                               {DType::kQ8_0, kWide}, {DType::kQ4_0, kWide}};
  for (const auto& [type, inner] : models) {
    const SmallModel model(type, 16, inner);
    const auto tokens = Tokens(61, 3);
    const auto others = Tokens(37, 4);
    CpuSetup one(model.graph(), 1, DType::kF16);
    Sequence alone;
    const auto want = RunStep(*one.device, {{&alone, tokens}});

    for (const int threads : {1, 2, 3, 5, 8}) {
      CpuSetup setup(model.graph(), threads, DType::kF16);
      Sequence first, second;
      const auto together = RunStep(*setup.device, {{&second, others}, {&first, tokens}});
      EXPECT_EQ(0, std::memcmp(together.data() + others.size() * kVocabulary, want.data(),
                               want.size() * sizeof(float)));

      Sequence cut;
      std::vector<float> pieces;
      for (size_t at = 0; at < tokens.size();) {
        const size_t count = std::min<size_t>(tokens.size() - at, at % 2 == 0 ? 13 : 1);
        const std::vector<int32_t> part(tokens.begin() + static_cast<ptrdiff_t>(at),
                                        tokens.begin() + static_cast<ptrdiff_t>(at + count));
        const auto logits = RunStep(*setup.device, {{&cut, part}});
        pieces.insert(pieces.end(), logits.begin(), logits.end());
        at += count;
      }
      EXPECT_EQ(0, std::memcmp(pieces.data(), want.data(), want.size() * sizeof(float)));
    }
  }
}

// What is read and what is written may be computed in two ways, next to each other in a step.
void ExpectReadAndWrittenTokensDoNotMix(const Graph& model, const KernelSet& kernels) {
  CpuSetup setup(model, 2, DType::kF16, kernels);
  const std::vector<int32_t> texts[] = {Tokens(19, 5), Tokens(1, 6), Tokens(21, 7), Tokens(2, 8)};
  std::vector<float> alone;
  std::vector<Part> parts;
  Sequence sequences[8];
  for (size_t i = 0; i < std::size(texts); ++i) {
    const bool written = i % 2 == 1;
    const auto logits = RunStep(*setup.device, {{&sequences[i], texts[i], written}});
    alone.insert(alone.end(), logits.begin(), logits.end());
    parts.push_back({&sequences[4 + i], texts[i], written});
  }
  const auto together = RunStep(*setup.device, parts);
  ASSERT_EQ(together.size(), alone.size());
  EXPECT_EQ(0, std::memcmp(together.data(), alone.data(), alone.size() * sizeof(float)));
}

TEST(CpuDevice, ReadAndWrittenTokensDoNotMix) {
  for (const KernelSet& kernels : {KernelSet(), EmulatedKernelSet()}) {
    for (const DType type : {DType::kQ8_0, DType::kQ4_0}) {
      ExpectReadAndWrittenTokensDoNotMix(SmallModel(type).graph(), kernels);
      ExpectReadAndWrittenTokensDoNotMix(SmallMixture(type).graph(), kernels);
    }
  }
}

// Whatever becomes of gate and up at once has the bits of what does one after the other.
TEST(CpuDevice, GatedProductsGiveWhatTheirStepsGive) {
  const auto tokens = Tokens(43, 9);
  const std::vector<int32_t> written{7};
  for (const KernelSet& kernels : {KernelSet(), EmulatedKernelSet()}) {
    for (const uint64_t inner : {96, 8192}) {
      const SmallModel model(DType::kQ4_0, 16, inner, inner == 96);
      CpuSetup gated(model.graph(), 3, DType::kF16, kernels);
      CpuSetup plain(model.graph(), 2, DType::kF16, kernels);
      for (auto* steps : {&plain.program.steps, &plain.program.few_steps}) {
        long gated_products = 0;
        for (Step& step : *steps) {
          gated_products += step.begins_gated ? 1 : 0;
          step.begins_gated = step.of_written = false;
          step.tiles = {};
        }
        const bool in_tiles = kernels.matmul(DType::kQ4_0).run_tiles != nullptr;
        EXPECT_EQ(gated_products, in_tiles ? 2 : 0);
      }
      Sequence a[2], b[2];
      const std::vector<int32_t> few{tokens[0], tokens[1]};
      EXPECT_EQ(RunStep(*gated.device, {{&a[0], few}}), RunStep(*plain.device, {{&b[0], few}}));
      EXPECT_EQ(RunStep(*gated.device, {{&a[0], written, true}, {&a[1], tokens}}),
                RunStep(*plain.device, {{&b[0], written, true}, {&b[1], tokens}}));
    }
  }
}

// More tokens of an expert than one pass over its weights serves, next to some of others.
void ExpectNoDependenceOnCompany(const SmallMixture& model, const KernelSet& kernels) {
  std::vector<int32_t> tokens(150, 7);
  const auto others = Tokens(80, 6);
  tokens.insert(tokens.begin() + 40, others.begin(), others.end());
  CpuSetup one(model.graph(), 1, DType::kF16, kernels);
  std::vector<float> want;
  Sequence alone;
  for (const int32_t token : tokens) {
    const auto logits = RunStep(*one.device, {{&alone, {token}}});
    want.insert(want.end(), logits.begin(), logits.end());
  }
  ExpectNear(want, RunReference(model.graph(), tokens), 3e-2f);
  for (const int threads : {1, 2, 3, 8}) {
    CpuSetup setup(model.graph(), threads, DType::kF16, kernels);
    Sequence together;
    EXPECT_EQ(RunStep(*setup.device, {{&together, tokens}}), want);
  }
}

TEST(CpuDevice, AMixtureDoesNotDependOnCompany) {
  for (const DType type : {DType::kF32, DType::kQ8_0, DType::kQ4_0}) {
    SCOPED_TRACE(Name(type));
    const SmallMixture model(type);
    ExpectNoDependenceOnCompany(model, KernelSet());
    if (type != DType::kF32) ExpectNoDependenceOnCompany(model, EmulatedKernelSet());
  }
}

// The logits of the last of many tokens, in steps of up to 100.
std::vector<float> RunLong(Device& device, Sequence& sequence, const std::vector<int32_t>& tokens) {
  std::vector<float> logits;
  for (size_t at = 0; at < tokens.size(); at += 100) {
    const auto begin = tokens.begin() + static_cast<ptrdiff_t>(at);
    const auto count = static_cast<ptrdiff_t>(std::min<size_t>(100, tokens.size() - at));
    logits = RunStep(device, {{&sequence, {begin, begin + count}}});
  }
  return {logits.end() - kVocabulary, logits.end()};
}

// So long that workers share the positions of one query.
TEST(CpuDevice, LongSequencesDoNotDependOnThreads) {
  for (const DType type : {DType::kF32, DType::kF16, DType::kQ8_0, DType::kQ4_0}) {
    const SmallModel model(DType::kF32, 32);
    const auto tokens = Tokens(400, 5);
    CpuSetup one(model.graph(), 1, type);
    Sequence whole;
    const auto want = RunLong(*one.device, whole, tokens);
    for (const int threads : {2, 3, 8}) {
      CpuSetup setup(model.graph(), threads, type);
      Sequence cut;
      RunLong(*setup.device, cut, {tokens.begin(), tokens.end() - 3});
      std::vector<float> got;
      for (size_t i = tokens.size() - 3; i < tokens.size(); ++i) {
        got = RunStep(*setup.device, {{&cut, {tokens[i]}}});
      }
      EXPECT_EQ(got, want);
    }
  }
}

// More chunks of a cache than there is room for at a time.
TEST(CpuDevice, RoundsOfChunksGiveTheSame) {
  constexpr uint32_t kHead = 32;
  const uint64_t slot =
      (PartialFloats(2, kHead) + 15) / 16 * 16;  // of two queries that share a key
  const SmallModel model(DType::kF32, kHead);
  const auto tokens = Tokens(1300, 5);
  const std::vector<int32_t> next{9};
  for (const DType type : {DType::kF32, DType::kF16, DType::kQ8_0, DType::kQ4_0}) {
    CpuSetup one(model.graph(), 1, type);
    Sequence whole;
    RunLong(*one.device, whole, tokens);
    const auto want = RunStep(*one.device, {{&whole, next}});
    for (const uint64_t slots : {1, 2, 3}) {
      CpuSetup setup(model.graph(), 3, type, KernelSet(), slots * slot);
      Sequence sequence;
      RunLong(*one.device, sequence, tokens);
      EXPECT_EQ(RunStep(*setup.device, {{&sequence, next}}), want) << Name(type) << " " << slots;
    }
  }
}

}  // namespace
}  // namespace ingle
