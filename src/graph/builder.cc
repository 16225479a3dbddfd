#include "graph/builder.h"

namespace ingle {
namespace {

// Whether a weight can be used where a row of this many f32 elements is meant: a norm, a bias.
bool IsVector(const TensorView& view, uint64_t elements) {
  return view.type == DType::kF32 && view.shape.elements() == elements &&
         view.shape.columns() == elements;
}

}  // namespace

template <class... Parts>
void GraphBuilder::Expect(bool condition, const Parts&... message) {
  if (!condition && !error_) error_ = Error(ErrorCode::kCorrupt, Cat(message...));
}

Value GraphBuilder::Emit(Op op, std::vector<NodeId> inputs, ValueType type, Attributes attributes) {
  return {graph_.Append({op, std::move(inputs), type, std::move(attributes)})};
}

Value GraphBuilder::InputValue(Input input) {
  std::optional<Value>& value = inputs_[static_cast<size_t>(input)];
  if (!value) {
    const Rows rows = input == Input::kOutputRows ? Rows::kOutputs : Rows::kTokens;
    value = Emit(Op::kInput, {}, {Element::kI32, rows, 1}, InputAttributes{input});
  }
  return *value;
}

Value GraphBuilder::Weight(std::string name, const TensorView& view) {
  const ValueType type{Element::kF32, Rows::kNone, view.shape.columns()};
  return Emit(Op::kWeight, {}, type, WeightAttributes{std::move(name), view});
}

Value GraphBuilder::Embed(Value ids, Value table) {
  const TensorView& view = WeightOf(graph_.node(table.id)).view;
  return Emit(Op::kEmbed, {ids.id, table.id}, {Element::kF32, Rows::kTokens, view.shape.columns()});
}

Value GraphBuilder::MatMul(Value x, Value weight, std::optional<Value> bias) {
  const WeightAttributes& w = WeightOf(graph_.node(weight.id));
  const ValueType input = TypeOf(x);
  const uint64_t outputs = w.view.shape.rows();
  Expect(w.view.shape.columns() == input.columns, "tensor ", Quote(w.name), " is ",
         ToString(w.view.shape), ", but its input has ", input.columns, " columns");
  std::vector<NodeId> inputs{x.id, weight.id};
  if (bias) {
    const WeightAttributes& b = WeightOf(graph_.node(bias->id));
    Expect(IsVector(b.view, outputs), "tensor ", Quote(b.name), " is ", Name(b.view.type), " ",
           ToString(b.view.shape), ", but a bias of ", outputs, " F32 elements is needed");
    inputs.push_back(bias->id);
  }
  return Emit(Op::kMatMul, std::move(inputs), {Element::kF32, input.rows, outputs},
              MatMulAttributes{bias.has_value(), false});
}

Value GraphBuilder::Add(Value a, Value b) {
  Expect(TypeOf(a) == TypeOf(b), "values of ", TypeOf(a).columns, " and ", TypeOf(b).columns,
         " columns cannot be added");
  return Emit(Op::kAdd, {a.id, b.id}, TypeOf(a));
}

Value GraphBuilder::RmsNorm(Value x, Value weight, float epsilon) {
  const WeightAttributes& w = WeightOf(graph_.node(weight.id));
  const uint64_t columns = TypeOf(x).columns;
  Expect(IsVector(w.view, columns), "tensor ", Quote(w.name), " is ", Name(w.view.type), " ",
         ToString(w.view.shape), ", but a norm of ", columns, " F32 elements is needed");
  return Emit(Op::kRmsNorm, {x.id, weight.id}, TypeOf(x), NormAttributes{epsilon});
}

Value GraphBuilder::Rope(Value x, const RopeAttributes& rope) {
  const uint64_t columns = TypeOf(x).columns;
  Expect(rope.head_size > 0 && columns % rope.head_size == 0, "rotary heads of ", rope.head_size,
         " elements do not divide ", columns, " columns");
  Expect(rope.frequencies.size() * 2 <= rope.head_size, "rotary position embedding of ",
         rope.frequencies.size() * 2, " elements exceeds the head size ", rope.head_size);
  return Emit(Op::kRope, {x.id, Positions().id}, TypeOf(x), rope);
}

Value GraphBuilder::Attention(Value q, Value k, Value v, const AttentionAttributes& a) {
  const auto expect_columns = [&](Value value, uint64_t heads, uint64_t size, const char* what) {
    Expect(TypeOf(value).columns == heads * size, "attention needs ", heads, " ", what,
           " heads of size ", size, ", but there are ", TypeOf(value).columns, " columns");
  };
  Expect(a.kv_heads > 0 && a.heads % a.kv_heads == 0, a.heads, " attention heads cannot share ",
         a.kv_heads, " key/value heads");
  expect_columns(q, a.heads, a.key_size, "query");
  expect_columns(k, a.kv_heads, a.key_size, "key");
  expect_columns(v, a.kv_heads, a.value_size, "value");
  const uint64_t columns = uint64_t{a.heads} * a.value_size;
  return Emit(Op::kAttention, {q.id, k.id, v.id, Positions().id},
              {Element::kF32, Rows::kTokens, columns}, a);
}

Value GraphBuilder::SwiGlu(Value gate, Value up) {
  Expect(TypeOf(gate) == TypeOf(up), "gate and up have ", TypeOf(gate).columns, " and ",
         TypeOf(up).columns, " columns");
  return Emit(Op::kSwiGlu, {gate.id, up.id}, TypeOf(gate));
}

Value GraphBuilder::SelectRows(Value x, Value rows) {
  return Emit(Op::kSelectRows, {x.id, rows.id}, {Element::kF32, Rows::kOutputs, TypeOf(x).columns});
}

Result<Graph> GraphBuilder::Finish(Value output) {
  if (error_) return Fail(*error_);
  graph_.set_output(output.id);
  return std::move(graph_);
}

}  // namespace ingle
