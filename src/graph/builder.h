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

  Value Embed(Value ids, Value table);
  Value MatMul(Value x, Value weight, std::optional<Value> bias = std::nullopt);
  Value Add(Value a, Value b);
  Value RmsNorm(Value x, Value weight, float epsilon);
  Value Rope(Value x, const RopeAttributes& rope);
  Value Attention(Value q, Value k, Value v, const AttentionAttributes& attention);
  Value SwiGlu(Value gate, Value up);
  Value SelectRows(Value x, Value rows);

  // The graph whose answer is output. Fails with kCorrupt at the first thing that did not fit.
  Result<Graph> Finish(Value output);

 private:
  Value InputValue(Input input);
  Value Emit(Op op, std::vector<NodeId> inputs, ValueType type, Attributes attributes = {});
  const ValueType& TypeOf(Value value) const { return graph_.node(value.id).type; }
  template <class... Parts>
  void Expect(bool condition, const Parts&... message);

  Graph graph_;
  std::optional<Error> error_;
  std::optional<Value> inputs_[3];
};

}  // namespace ingle
