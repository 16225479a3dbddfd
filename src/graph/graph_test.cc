#include "graph/graph.h"

#include <gtest/gtest.h>

#include "graph/builder.h"
#include "graph/print.h"

namespace ingle {
namespace {

const float kData[64] = {};
const auto* const kBytes = reinterpret_cast<const std::byte*>(kData);

TensorView View(Shape shape) { return {DType::kF32, shape, kBytes}; }

TEST(GraphBuilder, InfersShapes) {
  GraphBuilder g;
  const Value x = g.Embed(g.Tokens(), g.Weight("embd", View({10, 4})));
  const Value y = g.MatMul(x, g.Weight("up", View({6, 4})));
  const auto graph = g.Finish(g.SelectRows(y, g.OutputRows()));
  ASSERT_TRUE(graph);
  EXPECT_EQ(graph->node(y.id).type, (ValueType{Element::kF32, Rows::kTokens, 6}));
  EXPECT_EQ(graph->node(graph->output()).type.rows, Rows::kOutputs);
}

TEST(GraphBuilder, InputsAreShared) {
  GraphBuilder g;
  EXPECT_EQ(g.Positions().id, g.Positions().id);
  EXPECT_NE(g.Positions().id, g.Tokens().id);
}

TEST(GraphBuilder, NamesTheTensorThatDoesNotFit) {
  GraphBuilder g;
  const Value x = g.Embed(g.Tokens(), g.Weight("embd", View({10, 4})));
  const Value y = g.MatMul(x, g.Weight("blk.0.attn_q.weight", View({6, 5})));
  const auto graph = g.Finish(g.MatMul(y, g.Weight("later", View({1, 1}))));
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().message(),
            "tensor 'blk.0.attn_q.weight' is [6, 5], but its input has 4 columns");
}

TEST(GraphBuilder, RefusesNormsAndBiasesOfAnotherSize) {
  GraphBuilder norm;
  Value x = norm.Embed(norm.Tokens(), norm.Weight("embd", View({10, 4})));
  EXPECT_FALSE(norm.Finish(norm.RmsNorm(x, norm.Weight("norm", View({5})), 1e-5f)));

  GraphBuilder bias;
  x = bias.Embed(bias.Tokens(), bias.Weight("embd", View({10, 4})));
  const Value b = bias.Weight("b", View({5}));
  EXPECT_FALSE(bias.Finish(bias.MatMul(x, bias.Weight("w", View({6, 4})), b)));
}

TEST(GraphBuilder, RefusesHeadsThatDoNotDivide) {
  GraphBuilder g;
  const Value x = g.Embed(g.Tokens(), g.Weight("embd", View({10, 12})));
  EXPECT_FALSE(g.Finish(g.Attention(x, x, x, {0, 3, 2, 4, 4, 1.0f})));
}

TEST(GraphBuilder, RepeatsWhatIsNarrower) {
  GraphBuilder g;
  const Value x = g.Embed(g.Tokens(), g.Weight("embd", View({10, 6})));
  const Value part = g.Slice(x, {6, 0, 2});
  EXPECT_TRUE(g.Finish(g.Add(x, part)));

  GraphBuilder other;
  const Value y = other.Embed(other.Tokens(), other.Weight("embd", View({10, 6})));
  EXPECT_FALSE(other.Finish(other.Add(y, other.Slice(y, {6, 0, 4}))));
}

TEST(GraphBuilder, BlendsPartsByRowsOfWeights) {
  GraphBuilder g;
  const Value x = g.Embed(g.Tokens(), g.Weight("embd", View({10, 6})));
  const Value both = g.Concat(x, x);
  EXPECT_EQ(g.Columns(both), 12u);
  EXPECT_EQ(g.Columns(g.Blend(both, g.Slice(x, {6, 0, 4}), 2)), 12u);
  EXPECT_EQ(g.Columns(g.Blend(x, g.Slice(x, {6, 0, 3}), 1)), 18u);
  EXPECT_TRUE(g.Finish(both));

  GraphBuilder other;
  const Value y = other.Embed(other.Tokens(), other.Weight("embd", View({10, 6})));
  EXPECT_FALSE(other.Finish(other.Blend(y, other.Slice(y, {6, 0, 3}), 2)));
}

TEST(GraphPrint, ShowsEveryStep) {
  GraphBuilder g;
  const Value table = g.Weight("a\"b", View({10, 4}));
  const Value x = g.Embed(g.Tokens(), table);
  const auto graph = g.Finish(g.SelectRows(x, g.OutputRows()));
  ASSERT_TRUE(graph);
  EXPECT_NE(ToText(*graph).find("embed(%1, a\"b) : f32 [tokens, 4]"), std::string::npos);
  EXPECT_NE(ToDot(*graph).find("a\\\"b F32 [10, 4]"), std::string::npos);
}

}  // namespace
}  // namespace ingle
