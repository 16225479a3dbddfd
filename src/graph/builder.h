// Writes a model down as a graph: an architecture file reads like its paper.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "graph/graph.h"

namespace ingle {

// A node of the graph under construction.
struct Value {
  NodeId id = 0;
};

// Shapes are inferred and checked as the graph grows. A mistake, such as a weight of another size
// than its input, is kept: the builder goes on harmlessly and Finish reports the first one, with
// the name of the tensor. So an architecture needs no error handling between its lines.
class GraphBuilder {
 public:
  Value Tokens() { return InputValue(Input::kTokens); }
  Value Positions() { return InputValue(Input::kPositions); }
  Value OutputRows() { return InputValue(Input::kOutputRows); }

  // The view's memory must outlive the graph.
  Value Weight(std::string name, const TensorView& view);

  // A stack of matrices of one shape.
  Value Experts(std::string name, std::vector<TensorView> matrices);

  Value Embed(Value ids, Value table, const EmbedAttributes& embed = {});
  Value MatMul(Value x, Value weight, std::optional<Value> bias = std::nullopt);
  // b has a's columns, or fewer that divide them and are repeated; it may be a weight of a's
  // columns or of one: one row for all rows.
  Value Add(Value a, Value b);
  Value Mul(Value a, Value b);
  Value Scale(Value x, float factor, float limit = 0);
  Value RmsNorm(Value x, std::optional<Value> weight, const NormAttributes& norm);
  Value RmsNorm(Value x, Value weight, float epsilon) {
    return RmsNorm(x, weight, NormAttributes{epsilon});
  }
  // REQUIRES: no bias without a weight.
  Value LayerNorm(Value x, std::optional<Value> weight, std::optional<Value> bias,
                  const NormAttributes& norm);
  Value Activate(Activation activation, Value x);
  Value Glu(const ActivationAttributes& activation, Value gate, Value up);
  Value SwiGlu(Value gate, Value up) { return Glu({Activation::kSilu}, gate, up); }
  Value Slice(Value x, const SliceAttributes& slice);
  Value Concat(Value a, Value b);
  Value Rescale(Value x, Value like, const NormAttributes& norm);
  Value Blend(Value x, Value weights, uint32_t parts);
  Value Sparsify(Value x, float deviations);
  Value Rope(Value x, const RopeAttributes& rope);
  // k and v are absent where the attributes say that they are in the cache. extra: the sinks, a
  // vector of an element for each head; or the biases that attention.buckets asks for.
  Value Attention(Value q, std::optional<Value> k, std::optional<Value> v,
                  const AttentionAttributes& attention, std::optional<Value> extra = {});
  void CacheAppend(Value k, Value v, const AttentionAttributes& attention);
  Value SelectRows(Value x, Value rows);
  Value MeanRows(Value x);

  // bias and scales: vectors with an element for each expert.
  Value Route(Value logits, std::optional<Value> bias, std::optional<Value> scales,
              RouteAttributes route);
  Value ExpertMatMul(Value x, Value routes, Value experts, std::optional<Value> biases,
                     ExpertsAttributes attributes);
  Value Mix(Value products, Value routes);

  Value ShortConv(Value x, Value weight, std::optional<Value> bias, uint32_t state);
  // x: [heads · value_size], dt: [heads], b, c: [groups · key_size], a, d, dt_bias: weights
  // [heads].
  Value SelectiveScan(Value x, Value dt, Value b, Value c, Value a, Value d, Value dt_bias,
                      const RecurrentAttributes& scan);
  // q, k: [groups · key_size], v: [heads · value_size], decay (a logarithm), beta: [heads].
  Value DeltaRule(Value q, Value k, Value v, Value decay, Value beta,
                  const RecurrentAttributes& rule);

  uint64_t Columns(Value value) const { return TypeOf(value).columns; }

  // The graph whose answer is output. Fails with kCorrupt at the first thing that did not fit.
  Result<Graph> Finish(Value output);

 private:
  Value InputValue(Input input);
  Value Emit(Op op, std::vector<NodeId> inputs, ValueType type, Attributes attributes = {});
  Value Elementwise(Op op, Value a, Value b);
  void ExpectNormVector(std::optional<Value> vector, uint64_t columns, uint64_t group);
  void ExpectKeysAndValues(Value k, Value v, const AttentionAttributes& a);
  void ExpectExtra(Value extra, const AttentionAttributes& a);
  void ExpectColumns(Value value, uint64_t columns, const char* what);
  const ValueType& TypeOf(Value value) const { return graph_.node(value.id).type; }
  bool IsWeight(Value value) const { return graph_.node(value.id).op == Op::kWeight; }
  template <class... Parts>
  void Expect(bool condition, const Parts&... message);

  Graph graph_;
  std::optional<Error> error_;
  std::optional<Value> inputs_[3];
};

}  // namespace ingle
