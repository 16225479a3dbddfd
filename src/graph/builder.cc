#include "graph/builder.h"

#include <algorithm>

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

Value GraphBuilder::Experts(std::string name, std::vector<TensorView> matrices) {
  const TensorView first = matrices.front();
  const ValueType type{Element::kF32, Rows::kNone, first.shape.columns()};
  return Emit(Op::kWeight, {}, type, WeightAttributes{std::move(name), first, std::move(matrices)});
}

Value GraphBuilder::Embed(Value ids, Value table, const EmbedAttributes& embed) {
  const TensorView& view = WeightOf(graph_.node(table.id)).view;
  return Emit(Op::kEmbed, {ids.id, table.id}, {Element::kF32, Rows::kTokens, view.shape.columns()},
              embed);
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

Value GraphBuilder::Elementwise(Op op, Value a, Value b) {
  const ValueType& x = TypeOf(a);
  const ValueType& y = TypeOf(b);
  if (IsWeight(b)) {
    const WeightAttributes& w = WeightOf(graph_.node(b.id));
    Expect(IsVector(w.view, x.columns) || IsVector(w.view, 1), "tensor ", Quote(w.name), " is ",
           Name(w.view.type), " ", ToString(w.view.shape), ", but ", x.columns,
           " F32 elements are needed");
  } else {
    Expect(x.rows == y.rows && y.columns > 0 && x.columns % y.columns == 0, "values of ", x.columns,
           " and ", y.columns, " columns do not go together");
  }
  return Emit(op, {a.id, b.id}, x);
}

Value GraphBuilder::Add(Value a, Value b) { return Elementwise(Op::kAdd, a, b); }
Value GraphBuilder::Mul(Value a, Value b) { return Elementwise(Op::kMul, a, b); }

Value GraphBuilder::Scale(Value x, float factor, float limit) {
  return Emit(Op::kScale, {x.id}, TypeOf(x), ScaleAttributes{factor, limit});
}

void GraphBuilder::ExpectNormVector(std::optional<Value> vector, uint64_t columns, uint64_t group) {
  Expect(group == 0 || columns % group == 0, "groups of ", group, " do not divide ", columns,
         " columns");
  if (!vector) return;
  const WeightAttributes& w = WeightOf(graph_.node(vector->id));
  Expect(IsVector(w.view, columns) || (group > 0 && IsVector(w.view, group)), "tensor ",
         Quote(w.name), " is ", Name(w.view.type), " ", ToString(w.view.shape), ", but a norm of ",
         group > 0 ? group : columns, " F32 elements is needed");
}

Value GraphBuilder::RmsNorm(Value x, std::optional<Value> weight, const NormAttributes& norm) {
  ExpectNormVector(weight, TypeOf(x).columns, norm.group);
  std::vector<NodeId> inputs{x.id};
  if (weight) inputs.push_back(weight->id);
  return Emit(Op::kRmsNorm, std::move(inputs), TypeOf(x), norm);
}

Value GraphBuilder::LayerNorm(Value x, std::optional<Value> weight, std::optional<Value> bias,
                              const NormAttributes& norm) {
  std::vector<NodeId> inputs{x.id};
  for (const std::optional<Value>& vector : {weight, bias}) {
    ExpectNormVector(vector, TypeOf(x).columns, norm.group);
    if (vector) inputs.push_back(vector->id);
  }
  return Emit(Op::kLayerNorm, std::move(inputs), TypeOf(x), norm);
}

Value GraphBuilder::Activate(Activation activation, Value x) {
  return Emit(Op::kActivate, {x.id}, TypeOf(x), ActivationAttributes{activation});
}

Value GraphBuilder::Glu(const ActivationAttributes& activation, Value gate, Value up) {
  Expect(TypeOf(gate) == TypeOf(up), "gate and up have ", TypeOf(gate).columns, " and ",
         TypeOf(up).columns, " columns");
  return Emit(Op::kGlu, {gate.id, up.id}, TypeOf(gate), activation);
}

Value GraphBuilder::Slice(Value x, const SliceAttributes& slice) {
  ValueType type = TypeOf(x);
  Expect(slice.period > 0 && type.columns % slice.period == 0 &&
             slice.begin + slice.length <= slice.period,
         "columns ", slice.begin, " to ", slice.begin + slice.length, " of every ", slice.period,
         " cannot be taken from ", type.columns);
  if (slice.period > 0) type.columns = type.columns / slice.period * slice.length;
  return Emit(Op::kSlice, {x.id}, type, slice);
}

Value GraphBuilder::Concat(Value a, Value b) {
  const ValueType& x = TypeOf(a);
  const ValueType& y = TypeOf(b);
  Expect(x.rows == y.rows, "values of other rows do not go side by side");
  return Emit(Op::kConcat, {a.id, b.id}, {Element::kF32, x.rows, x.columns + y.columns});
}

Value GraphBuilder::Rescale(Value x, Value like, const NormAttributes& norm) {
  ExpectColumns(like, TypeOf(x).columns, "what gives its size to another value");
  ExpectNormVector(std::nullopt, TypeOf(x).columns, norm.group);
  return Emit(Op::kRescale, {x.id, like.id}, TypeOf(x), norm);
}

Value GraphBuilder::Blend(Value x, Value weights, uint32_t parts) {
  const ValueType& all = TypeOf(x);
  const ValueType& shares = TypeOf(weights);
  Expect(parts > 0 && all.columns % parts == 0 && shares.columns % parts == 0 &&
             shares.rows == all.rows,
         parts, " parts of ", all.columns, " columns cannot be blended by ", shares.columns,
         " weights");
  const uint64_t columns = parts == 0 ? 0 : all.columns / parts * (shares.columns / parts);
  return Emit(Op::kBlend, {x.id, weights.id}, {Element::kF32, all.rows, columns},
              BlendAttributes{parts});
}

Value GraphBuilder::Sparsify(Value x, float deviations) {
  return Emit(Op::kSparsify, {x.id}, TypeOf(x), SparsifyAttributes{deviations});
}

Value GraphBuilder::Rope(Value x, const RopeAttributes& rope) {
  const uint64_t columns = TypeOf(x).columns;
  Expect(rope.head_size > 0 && columns % rope.head_size == 0, "rotary heads of ", rope.head_size,
         " elements do not divide ", columns, " columns");
  Expect(rope.frequencies.size() * 2 <= rope.head_size, "rotary position embedding of ",
         rope.frequencies.size() * 2, " elements exceeds the head size ", rope.head_size);
  return Emit(Op::kRope, {x.id, Positions().id}, TypeOf(x), rope);
}

void GraphBuilder::ExpectColumns(Value value, uint64_t columns, const char* what) {
  Expect(TypeOf(value).columns == columns, what, " needs ", columns, " columns, but there are ",
         TypeOf(value).columns);
}

void GraphBuilder::ExpectKeysAndValues(Value k, Value v, const AttentionAttributes& a) {
  ExpectColumns(k, uint64_t{a.kv_heads} * a.key_size, "the key of attention");
  ExpectColumns(v, uint64_t{a.kv_heads} * a.value_size, "the value of attention");
}

void GraphBuilder::ExpectExtra(Value extra, const AttentionAttributes& a) {
  const WeightAttributes& w = WeightOf(graph_.node(extra.id));
  if (a.buckets.empty()) {
    Expect(IsVector(w.view, a.heads), "tensor ", Quote(w.name), " is ", Name(w.view.type), " ",
           ToString(w.view.shape), ", but ", a.heads, " F32 elements are needed, one a head");
    return;
  }
  const uint64_t buckets = uint64_t{*std::max_element(a.buckets.begin(), a.buckets.end())} + 1;
  Expect(w.view.type == DType::kF32 && w.view.shape.columns() == a.heads &&
             w.view.shape.rows() >= buckets,
         "tensor ", Quote(w.name), " is ", Name(w.view.type), " ", ToString(w.view.shape),
         ", but F32 [", buckets, ", ", a.heads, "] is needed");
}

Value GraphBuilder::Attention(Value q, std::optional<Value> k, std::optional<Value> v,
                              const AttentionAttributes& a, std::optional<Value> extra) {
  Expect(a.kv_heads > 0 && a.heads % a.kv_heads == 0, a.heads, " attention heads cannot share ",
         a.kv_heads, " key/value heads");
  ExpectColumns(q, uint64_t{a.heads} * a.key_size, "the query of attention");
  Expect(a.buckets.empty() || (extra && a.buckets.size() % 2 == 1),
         "relative positions without a table of biases, or of distances one way only");
  std::vector<NodeId> inputs{q.id};
  if (a.appends()) {
    ExpectKeysAndValues(*k, *v, a);
    inputs.insert(inputs.end(), {k->id, v->id});
  }
  inputs.push_back(Positions().id);
  if (extra) {
    ExpectExtra(*extra, a);
    inputs.push_back(extra->id);
  }
  return Emit(Op::kAttention, std::move(inputs),
              {Element::kF32, Rows::kTokens, uint64_t{a.heads} * a.value_size}, a);
}

void GraphBuilder::CacheAppend(Value k, Value v, const AttentionAttributes& a) {
  ExpectKeysAndValues(k, v, a);
  Emit(Op::kCacheAppend, {k.id, v.id, Positions().id}, {Element::kF32, Rows::kNone, 0}, a);
}

Value GraphBuilder::SelectRows(Value x, Value rows) {
  return Emit(Op::kSelectRows, {x.id, rows.id}, {Element::kF32, Rows::kOutputs, TypeOf(x).columns});
}

Value GraphBuilder::MeanRows(Value x) { return Emit(Op::kMeanRows, {x.id}, TypeOf(x)); }

Value GraphBuilder::Route(Value logits, std::optional<Value> bias, std::optional<Value> scales,
                          RouteAttributes route) {
  ExpectColumns(logits, route.experts, "the choice of experts");
  Expect(route.k > 0 && route.k <= route.experts, route.k, " of ", route.experts,
         " experts cannot be chosen");
  std::vector<NodeId> inputs{logits.id};
  for (const std::optional<Value>& vector : {bias, scales}) {
    ExpectNormVector(vector, route.experts, 0);
    if (vector) inputs.push_back(vector->id);
  }
  route.scaled = scales.has_value();
  return Emit(Op::kRoute, std::move(inputs), {Element::kF32, TypeOf(logits).rows, 2 * route.k},
              route);
}

Value GraphBuilder::ExpertMatMul(Value x, Value routes, Value experts, std::optional<Value> biases,
                                 ExpertsAttributes attributes) {
  const TensorView& view = WeightOf(graph_.node(experts.id)).view;
  attributes.k = static_cast<uint32_t>(TypeOf(routes).columns / 2);
  attributes.bias = biases.has_value();
  ExpectColumns(x, view.shape.columns() * (attributes.own_inputs ? attributes.k : 1),
                "the product with experts");
  std::vector<NodeId> inputs{x.id, routes.id, experts.id};
  if (biases) inputs.push_back(biases->id);
  return Emit(Op::kExperts, std::move(inputs),
              {Element::kF32, TypeOf(x).rows, view.shape.rows() * attributes.k}, attributes);
}

Value GraphBuilder::Mix(Value products, Value routes) {
  const uint64_t k = TypeOf(routes).columns / 2;
  return Emit(Op::kMix, {products.id, routes.id},
              {Element::kF32, TypeOf(products).rows, TypeOf(products).columns / k});
}

Value GraphBuilder::ShortConv(Value x, Value weight, std::optional<Value> bias, uint32_t state) {
  const WeightAttributes& w = WeightOf(graph_.node(weight.id));
  const uint64_t columns = TypeOf(x).columns;
  Expect(w.view.type == DType::kF32 && w.view.shape.rows() == columns &&
             w.view.shape.columns() > 0 && w.view.shape.columns() <= 256,
         "tensor ", Quote(w.name), " is ", Name(w.view.type), " ", ToString(w.view.shape),
         ", but F32 [", columns, ", taps] is needed");
  std::vector<NodeId> inputs{x.id, weight.id};
  if (bias) {
    ExpectNormVector(bias, columns, 0);
    inputs.push_back(bias->id);
  }
  RecurrentAttributes conv;
  conv.state = state;
  conv.heads = static_cast<uint32_t>(columns);
  conv.groups = static_cast<uint32_t>(w.view.shape.columns());
  return Emit(Op::kShortConv, std::move(inputs), TypeOf(x), conv);
}

Value GraphBuilder::SelectiveScan(Value x, Value dt, Value b, Value c, Value a, Value d,
                                  Value dt_bias, const RecurrentAttributes& scan) {
  ExpectColumns(x, uint64_t{scan.heads} * scan.value_size, "the input of a selective scan");
  ExpectColumns(dt, scan.heads, "dt of a selective scan");
  ExpectColumns(b, uint64_t{scan.groups} * scan.key_size, "b of a selective scan");
  ExpectColumns(c, uint64_t{scan.groups} * scan.key_size, "c of a selective scan");
  for (const Value vector : {a, d, dt_bias}) ExpectNormVector(vector, scan.heads, 0);
  return Emit(Op::kSelectiveScan, {x.id, dt.id, b.id, c.id, a.id, d.id, dt_bias.id}, TypeOf(x),
              scan);
}

Value GraphBuilder::DeltaRule(Value q, Value k, Value v, Value decay, Value beta,
                              const RecurrentAttributes& rule) {
  ExpectColumns(q, uint64_t{rule.groups} * rule.key_size, "the query of a delta rule");
  ExpectColumns(k, uint64_t{rule.groups} * rule.key_size, "the key of a delta rule");
  ExpectColumns(v, uint64_t{rule.heads} * rule.value_size, "the value of a delta rule");
  ExpectColumns(decay, rule.heads, "the decay of a delta rule");
  ExpectColumns(beta, rule.heads, "beta of a delta rule");
  return Emit(Op::kDeltaRule, {q.id, k.id, v.id, decay.id, beta.id}, TypeOf(v), rule);
}

Result<Graph> GraphBuilder::Finish(Value output) {
  if (error_) return Fail(*error_);
  graph_.set_output(output.id);
  return std::move(graph_);
}

}  // namespace ingle
