#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "graph/print.h"
#include "models/architecture.h"
#include "models/rope_scaling.h"

namespace ingle {
namespace {

// A checkpoint in memory whose every part a test can spoil.
class FakeCheckpoint final : public Checkpoint {
 public:
  std::string architecture_name = "llama";
  std::map<std::string, double, std::less<>> numbers;
  std::map<std::string, std::string, std::less<>> texts;
  std::map<std::string, TensorView, std::less<>> tensors;

  std::string_view architecture() const override { return architecture_name; }
  const std::string& name() const override { return name_; }
  std::string FieldName(std::string_view key) const override { return Cat("llama.", key); }
  Result<std::optional<uint64_t>> Uint(std::string_view key) const override {
    const auto found = numbers.find(key);
    if (found == numbers.end()) return std::optional<uint64_t>();
    return std::optional<uint64_t>(static_cast<uint64_t>(found->second));
  }
  Result<std::optional<double>> Float(std::string_view key) const override {
    const auto found = numbers.find(key);
    if (found == numbers.end()) return std::optional<double>();
    return std::optional<double>(found->second);
  }
  Result<std::optional<std::string>> String(std::string_view key) const override {
    const auto found = texts.find(key);
    if (found == texts.end()) return std::optional<std::string>();
    return std::optional<std::string>(found->second);
  }
  Result<std::optional<std::vector<int64_t>>> Ints(std::string_view key) const override {
    const auto found = numbers.find(key);
    if (found == numbers.end()) return std::optional<std::vector<int64_t>>();
    return std::optional(std::vector<int64_t>{static_cast<int64_t>(found->second)});
  }
  Result<std::optional<std::vector<std::string>>> Strings(std::string_view) const override {
    return std::optional<std::vector<std::string>>();
  }
  Result<std::optional<std::vector<double>>> Floats(std::string_view key) const override {
    const auto found = numbers.find(key);
    if (found == numbers.end()) return std::optional<std::vector<double>>();
    return std::optional(std::vector<double>{found->second});
  }
  bool HasTensor(std::string_view tensor) const override { return tensors.contains(tensor); }
  Expectation Expected(std::string_view) const override { return {}; }
  std::vector<std::string> RequiredTensors() const override { return {}; }
  Result<TensorView> Tensor(std::string_view tensor) const override {
    const auto found = tensors.find(tensor);
    if (found == tensors.end()) return Fail(ErrorCode::kNotFound, "no tensor ", Quote(tensor));
    return found->second;
  }

 private:
  std::string name_ = "test.gguf";
};

FakeCheckpoint SmallLlama() {
  static const std::vector<float> zeros(1024, 0.0f);
  const auto view = [&](Shape shape) {
    return TensorView{DType::kF32, shape, reinterpret_cast<const std::byte*>(zeros.data())};
  };
  FakeCheckpoint c;
  c.numbers = {{"block_count", 1},
               {"embedding_length", 12},
               {"attention.head_count", 3},
               {"attention.head_count_kv", 1},
               {"context_length", 64},
               {"feed_forward_length", 20},
               {"attention.layer_norm_rms_epsilon", 1e-5}};
  c.tensors = {
      {"token_embd.weight", view({30, 12})},     {"output_norm.weight", view({12})},
      {"blk.0.attn_norm.weight", view({12})},    {"blk.0.ffn_norm.weight", view({12})},
      {"blk.0.attn_q.weight", view({12, 12})},   {"blk.0.attn_k.weight", view({4, 12})},
      {"blk.0.attn_v.weight", view({4, 12})},    {"blk.0.attn_output.weight", view({12, 12})},
      {"blk.0.ffn_gate.weight", view({20, 12})}, {"blk.0.ffn_up.weight", view({20, 12})},
      {"blk.0.ffn_down.weight", view({12, 20})}};
  return c;
}

std::string ErrorOf(const FakeCheckpoint& checkpoint) {
  const auto model = BuildModel(checkpoint);
  return model ? "" : model.error().message();
}

TEST(Llama, BuildsFromFieldsAndTensors) {
  const auto model = BuildModel(SmallLlama());
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_EQ(model->shape.vocabulary, 30u);
  EXPECT_EQ(model->shape.kv_heads, 1u);
  const Node& answer = model->graph.node(model->graph.output());
  EXPECT_EQ(answer.type, (ValueType{Element::kF32, Rows::kOutputs, 30}));
  // Tied: the table is the output too.
  EXPECT_EQ(WeightOf(model->graph.node(answer.inputs[1])).name, "token_embd.weight");
}

TEST(Llama, BiasesAndOutputAreUsedWhereTheFileHasThem) {
  FakeCheckpoint c = SmallLlama();
  c.tensors["output.weight"] = c.tensors["token_embd.weight"];
  c.tensors["blk.0.attn_q.bias"] = c.tensors["output_norm.weight"];
  const auto model = BuildModel(c);
  ASSERT_TRUE(model) << model.error().message();
  const std::string text = ToText(model->graph);
  EXPECT_NE(text.find("output.weight"), std::string::npos);
  EXPECT_NE(text.find("blk.0.attn_q.bias) {+bias}"), std::string::npos);
}

TEST(Llama, NamesTheFieldThatIsWrong) {
  for (const auto& [key, value] :
       std::map<std::string, double>{{"block_count", 0},
                                     {"block_count", 1e6},
                                     {"embedding_length", 4294967295.0},
                                     {"attention.head_count", 0},
                                     {"attention.head_count_kv", 2},
                                     {"attention.key_length", 1e9},
                                     {"feed_forward_length", 0},
                                     {"context_length", 0},
                                     {"attention.layer_norm_rms_epsilon", NAN},
                                     {"rope.freq_base", 0},
                                     {"rope.freq_base", INFINITY},
                                     {"rope.dimension_count", 3},
                                     {"rope.dimension_count", 6},
                                     {"rope.scaling.factor", -1},
                                     {"expert_count", 5000},
                                     {"residual_scale", 0.5},
                                     {"vocab_size", 31}}) {
    FakeCheckpoint c = SmallLlama();
    c.numbers[key] = value;
    const std::string error = ErrorOf(c);
    EXPECT_NE(error.find("llama." + key), std::string::npos) << key << ": " << error;
    EXPECT_NE(error.find("test.gguf"), std::string::npos) << error;
  }
}

TEST(Llama, NamesTheFieldThatIsMissing) {
  for (const char* key :
       {"block_count", "embedding_length", "attention.head_count", "context_length",
        "feed_forward_length", "attention.layer_norm_rms_epsilon"}) {
    FakeCheckpoint c = SmallLlama();
    c.numbers.erase(key);
    EXPECT_NE(ErrorOf(c).find(Cat("field llama.", key, " is missing")), std::string::npos)
        << ErrorOf(c);
  }
}

TEST(Llama, NamesTheTensorThatIsMissingOrOfAnotherShape) {
  const FakeCheckpoint whole = SmallLlama();
  for (const auto& [name, view] : whole.tensors) {
    FakeCheckpoint missing = SmallLlama();
    missing.tensors.erase(name);
    EXPECT_NE(ErrorOf(missing).find(name), std::string::npos) << ErrorOf(missing);

    FakeCheckpoint misshapen = SmallLlama();
    misshapen.tensors[name].shape = {7, 7};
    EXPECT_FALSE(ErrorOf(misshapen).empty()) << name;
  }
}

TEST(Llama, RefusesUnknownScalingAndArchitecture) {
  FakeCheckpoint scaling = SmallLlama();
  scaling.texts["rope.scaling.type"] = "spiral";
  EXPECT_NE(ErrorOf(scaling).find("'spiral'"), std::string::npos);

  FakeCheckpoint other = SmallLlama();
  other.architecture_name = "perceptron";
  EXPECT_NE(ErrorOf(other).find("architecture 'perceptron' is not supported"), std::string::npos);
}

TEST(Rope, LinearScalingDividesFrequencies) {
  const auto base = BaseFrequencies(10000, 8);
  EXPECT_EQ(base.size(), 4u);
  EXPECT_FLOAT_EQ(base[0], 1.0f);
  EXPECT_FLOAT_EQ(base[2], 0.01f);
}

TEST(Rope, YarnKeepsFastPairsAndInterpolatesSlowOnes) {
  const auto base = BaseFrequencies(10000, 64);
  const auto yarn = YarnFrequencies(10000, 64, {4, 2048, 32, 1, 1});
  EXPECT_EQ(yarn.front(), base.front());
  EXPECT_FLOAT_EQ(yarn.back(), base.back() / 4);
  for (size_t i = 0; i < base.size(); ++i) {
    EXPECT_LE(yarn[i], base[i]);
    EXPECT_GE(yarn[i], base[i] / 4.0001f);
  }
}

}  // namespace
}  // namespace ingle
