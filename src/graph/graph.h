// A model as a typed graph of a few operations.
//
// Values are matrices [rows, columns]. Columns are known; rows may be symbolic: how many tokens a
// step has, or how many of them want logits. So one graph serves every step.
//
// What each operation computes is defined by the reference device, which executes this graph as it
// stands. Passes (compile/) rewrite it into something faster that must give the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tensor/tensor_view.h"

namespace ingle {

enum class Op : uint8_t {
  kInput,       // what a step brings along: InputAttributes says what
  kWeight,      // a tensor of the model: WeightAttributes
  kEmbed,       // (ids, table): the row of the table for each id, as f32
  kMatMul,      // (x, weight [, bias] [, residual]): x · weightᵀ + bias + residual
  kAdd,         // (a, b): elementwise
  kRmsNorm,     // (x, weight): x / sqrt(mean(x²) + epsilon) · weight, each row on its own
  kRope,        // (x, positions): rotates pairs of each head by position-dependent angles
  kAttention,   // (q, k, v, positions): appends k and v to the cache, then attends to all of it
  kSwiGlu,      // (gate, up): silu(gate) · up
  kSelectRows,  // (x, rows): the rows of x that are named

  // Made by passes only.
  kQuantize,     // (x): f32 to int8 activations
  kCacheAppend,  // (k, v, positions): the first half of kAttention; no value
  kAttend,       // (q, cache_append, positions): the second half
};
std::string_view Name(Op op);

enum class Element : uint8_t {
  kF32,
  kI32,
  kQ8,  // int8 activations with a scale for every 16 (kernels/q8_rows.h)
};
std::string_view Name(Element element);

enum class Rows : uint8_t {
  kTokens,   // one for each token of the step
  kOutputs,  // one for each token whose logits are wanted
  kNone,     // a value without content: an effect
};

struct ValueType {
  Element element = Element::kF32;
  Rows rows = Rows::kTokens;
  uint64_t columns = 0;

  friend bool operator==(const ValueType&, const ValueType&) = default;
};

enum class Input : uint8_t { kTokens, kPositions, kOutputRows };

struct InputAttributes {
  Input input;
};

struct WeightAttributes {
  std::string name;  // the tensor's, for messages and pictures
  TensorView view;   // in memory that outlives the graph
};

struct MatMulAttributes {
  bool bias = false;      // inputs[2]
  bool residual = false;  // the last input
};

struct NormAttributes {
  float epsilon;
};

// Which two elements of a head turn together.
enum class RopePairs : uint8_t {
  kInterleaved,  // 2i and 2i + 1
  kHalves,       // i and i + size / 2
};

// Su et al., RoFormer, arXiv 2104.09864. All scalings of it come down to other frequencies.
struct RopeAttributes {
  uint64_t head_size = 0;
  RopePairs pairs = RopePairs::kInterleaved;
  std::vector<float>
      frequencies;      // radians a position; one a pair, elements beyond stay as they are
  float magnitude = 1;  // both elements are multiplied by it (YaRN's attention factor)
};

// Grouped-query attention, causal: Ainslie et al., arXiv 2305.13245.
struct AttentionAttributes {
  uint32_t state = 0;  // which of the session's caches: counted from 0 in the order of layers
  uint32_t heads = 0;
  uint32_t kv_heads = 0;  // divides heads
  uint32_t key_size = 0;  // of one head
  uint32_t value_size = 0;
  float scale = 1;  // of the products of queries and keys
};

using Attributes = std::variant<std::monostate, InputAttributes, WeightAttributes, MatMulAttributes,
                                NormAttributes, RopeAttributes, AttentionAttributes>;

using NodeId = uint32_t;

struct Node {
  Op op = Op::kInput;
  std::vector<NodeId> inputs;  // all smaller than the node's own id
  ValueType type;
  Attributes attributes;
};

// Nodes in an order in which they can be computed. A value type; weights are views.
class Graph {
 public:
  // REQUIRES: the inputs exist.
  NodeId Append(Node node) {
    nodes_.push_back(std::move(node));
    return static_cast<NodeId>(nodes_.size() - 1);
  }

  const std::vector<Node>& nodes() const { return nodes_; }
  const Node& node(NodeId id) const { return nodes_[id]; }
  Node& node(NodeId id) { return nodes_[id]; }
  NodeId size() const { return static_cast<NodeId>(nodes_.size()); }

  // The node whose value is the model's answer: logits [outputs, vocabulary].
  NodeId output() const { return output_; }
  void set_output(NodeId id) { output_ = id; }

  // How many nodes read each node's value.
  std::vector<uint32_t> CountUses() const;

 private:
  std::vector<Node> nodes_;
  NodeId output_ = 0;
};

// REQUIRES: the node is a weight.
inline const WeightAttributes& WeightOf(const Node& node) {
  return std::get<WeightAttributes>(node.attributes);
}

}  // namespace ingle
