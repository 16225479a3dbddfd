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
  kInput,   // what a step brings along: InputAttributes says what
  kWeight,  // a tensor of the model: WeightAttributes

  kEmbed,      // (ids, table): the row of the table for each id, as f32: EmbedAttributes
  kMatMul,     // (x, weight [, bias] [, residual]): x · weightᵀ + bias + residual
  kAdd,        // (a, b): elementwise; b may be narrower, see GraphBuilder::Add
  kMul,        // (a, b): elementwise, likewise
  kScale,      // (x): x · factor, within limits: ScaleAttributes
  kRmsNorm,    // (x [, weight]): x / sqrt(mean(x²) + epsilon) · weight: NormAttributes
  kLayerNorm,  // (x [, weight [, bias]]): (x - mean) / sqrt(variance + epsilon) · weight + bias
  kActivate,   // (x): ActivationAttributes
  kGlu,        // (gate, up): activation(gate) · up: ActivationAttributes
  kSlice,      // (x): some columns of every period: SliceAttributes
  kConcat,     // (a, b): the columns of a, then those of b
  kRescale,    // (x, like): x, made as large as like: NormAttributes
  kBlend,      // (x, weights): weighted sums of the parts of x: BlendAttributes
  kSparsify,   // (x): what stands out among the columns, the rest is 0: SparsifyAttributes
  kRope,       // (x, positions): rotates pairs of each head by position-dependent angles
  kAttention,  // (q, k, v, positions [, sinks or biases]): appends k and v to the cache, attends to
               // all of it
  kCacheAppend,  // (k, v, positions): appends to the cache; no value. Passes make it too, of the
                 // first half of kAttention
  kSelectRows,   // (x, rows): the rows of x that are named
  kMeanRows,     // (x): each row becomes the mean of its sequence's rows

  // A mixture of experts: of each row, the k experts that its logits choose.
  kRoute,    // (logits [, bias] [, scales]): k expert numbers, then their k weights:
             // RouteAttributes
  kExperts,  // (x, routes, weights [, biases]): k products side by side: ExpertsAttributes
  kMix,      // (products, routes): their sum by the weights of the routes

  // What is carried from token to token in a state of fixed size: RecurrentAttributes.
  kShortConv,      // (x, weight [, bias]): each column convolved with its last rows
  kSelectiveScan,  // (x, dt, b, c, a, d, dt_bias): Mamba-2
  kDeltaRule,      // (q, k, v, decay, beta): the gated delta rule

  // Made by passes only.
  kQuantize,    // (x): f32 to int8 activations
  kRopeAngles,  // (positions): a token's cosines, then its sines; kRope's second input then
  // (q, cache_append, positions [, sinks or biases]): the second half of kAttention. Of a source,
  // which no step appends to, positions stand for the append.
  kAttend,
};
std::string_view Name(Op op);

enum class Element : uint8_t {
  kF32,
  kI32,
  kQ8,  // int8 activations, scaled by sixteens (kernels/q8_rows.h)
  // Of tokens that the model writes kQ8, of those that it reads BF16 in tiles
  // (kernels/bf16_tiles.h): made by passes only, of rows that are tokens.
  kQ8OrTiles,
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
  // Of kQ8 and kQ8OrTiles alone: a row is so many rows of as many columns, quantized each for
  // itself, side by side. Tiles have all their columns as one.
  uint32_t parts = 1;

  friend bool operator==(const ValueType&, const ValueType&) = default;
};

enum class Input : uint8_t { kTokens, kPositions, kOutputRows };

struct InputAttributes {
  Input input;
};

struct WeightAttributes {
  std::string name;  // the tensor's, for messages and pictures
  TensorView view;   // in memory that outlives the graph
  // Of a stack of experts: each one's matrix; view is then the first of them.
  std::vector<TensorView> experts{};
};

struct EmbedAttributes {
  int32_t offset = 0;         // added to the ids
  bool first_beyond = false;  // ids that the table has no row for take its first
};

struct MatMulAttributes {
  bool bias = false;      // inputs[2]
  bool residual = false;  // the last input
};

struct ScaleAttributes {
  float factor;
  float limit = 0;  // the product is held within ±limit; 0: it is not
};

// Each group of columns is normalized by itself. The weight has a group's elements, shared by all
// groups, or as many as there are columns. Of kRescale, epsilon is the least mean square that x is
// taken to have.
struct NormAttributes {
  float epsilon;
  uint64_t group = 0;  // columns; 0: all of them
};

// x has `parts` parts of the same width. The weights are rows of as many, one row for each sum.
struct BlendAttributes {
  uint32_t parts;
};

// Columns give what they have above mean + deviations · standard deviation, else nothing: the
// statistical top-k of You et al., arXiv 2506.06644.
struct SparsifyAttributes {
  float deviations;
};

enum class Activation : uint8_t {
  kSilu,       // x · sigmoid(x): Hendrycks and Gimpel, arXiv 1606.08415, section 2
  kGelu,       // x · Φ(x), the same paper
  kGeluTanh,   // its approximation by tanh
  kGeluQuick,  // x · sigmoid(1.702 x)
  kRelu,
  kReluSquared,  // So et al., arXiv 2109.08668
  kSigmoid,
  kTanh,
  kSoftplus,  // ln(1 + exp(x))
};
std::string_view Name(Activation activation);

struct ActivationAttributes {
  Activation activation;
  // Only of kGlu. limit: the gate is held below it, and up within ±limit; 0 for none. offset: is
  // added to up (gpt-oss).
  float limit = 0;
  float offset = 0;
};

// Of every `period` columns those from begin on, `length` of them.
struct SliceAttributes {
  uint64_t period;
  uint64_t begin;
  uint64_t length;
};

// Which two elements of a head turn together.
enum class RopePairs : uint8_t {
  kInterleaved,  // 2i and 2i + 1
  kHalves,       // i and i + size / 2, where size is what turns of a head
};

// Su et al., RoFormer, arXiv 2104.09864. All scalings of it come down to other frequencies.
struct RopeAttributes {
  uint64_t head_size = 0;
  RopePairs pairs = RopePairs::kInterleaved;
  // Radians a position; one a pair, elements beyond stay as they are.
  std::vector<float> frequencies;
  float magnitude = 1;  // both elements are multiplied by it (YaRN's attention factor)

  // LongRoPE (Ding et al., arXiv 2402.13753): sequences that are longer than long_context turn at
  // these frequencies instead. Empty for none.
  std::vector<float> long_frequencies;
  uint32_t long_context = 0;
};

// Grouped-query attention: Ainslie et al., arXiv 2305.13245. Queries see the positions up to their
// own, unless something here says otherwise.
struct AttentionAttributes {
  uint32_t state = 0;  // which of the session's caches: counted from 0 in the order of layers
  uint32_t heads = 0;
  uint32_t kv_heads = 0;  // divides heads
  uint32_t key_size = 0;  // of one head
  uint32_t value_size = 0;
  float scale = 1;  // of the products of queries and keys

  uint32_t window = 0;          // positions nearer than this are seen; 0: all
  float softcap = 0;            // scores s become softcap · tanh(s / softcap); 0: they stay
  bool causal = true;           // if not, later positions of the sequence are seen too
  bool shares_cache = false;    // k and v are another layer's, already in the cache
  std::vector<float> slopes{};  // ALiBi (Press et al., arXiv 2108.12409): of each head; or empty
  bool rounds_bias = false;     // slope · position is rounded to bfloat16, and scaled: Falcon

  // Of an encoder–decoder: attends to the source, whose keys and values the encoder's graph has
  // appended to a cache of its own; state counts those.
  bool of_source = false;
  // Relative positions (Raffel et al., arXiv 1910.10683): the last input is a table of biases,
  // [buckets, heads]. Of the distances -n to n from query to key, the row of each; those farther
  // off are like the farthest. Empty for none.
  std::vector<uint16_t> buckets{};

  // Whether keys and values come with the operation.
  bool appends() const { return !shares_cache && !of_source; }
};

// A row's logits become weights of experts; the k largest are kept.
struct RouteAttributes {
  enum class Scores : uint8_t {
    kSoftmax,        // over all experts
    kSoftmaxOfTopK,  // over the k that are kept
    kSigmoid,        // of each alone
  };
  uint32_t experts = 0;
  uint32_t k = 0;
  Scores scores = Scores::kSoftmax;
  bool normalize = false;  // the k weights are divided by their sum
  float scale = 1;         // of the weights, then
  bool scaled = false;     // the last input is a factor for each expert's weight, at last
};

// Of each row, products with the matrices of its k experts, one after the other.
struct ExpertsAttributes {
  uint32_t k = 0;
  bool own_inputs = false;  // x has k parts, one for each expert; else all take the same
  bool bias = false;        // inputs[3], [experts, rows]
};

// A state of the session that has the same size at any length.
struct RecurrentAttributes {
  uint32_t state = 0;       // which of them: counted from 0
  uint32_t heads = 0;       // kShortConv: columns
  uint32_t groups = 0;      // of heads that share b and c, or k and q; kShortConv: taps
  uint32_t key_size = 0;    // of one head: what the state is addressed with
  uint32_t value_size = 0;  // of one head: what it holds
  bool tiled = false;       // head h is of group h % groups, not of h / (heads / groups)
  // kSelectiveScan: dt is held between them.
  float dt_low = 0;
  float dt_high = 0;

  // f32 elements of the state.
  uint64_t Elements(Op op) const {
    if (op == Op::kShortConv) return uint64_t{heads} * (groups - 1);
    return uint64_t{heads} * key_size * value_size;
  }
};

using Attributes =
    std::variant<std::monostate, InputAttributes, WeightAttributes, EmbedAttributes,
                 MatMulAttributes, ScaleAttributes, NormAttributes, ActivationAttributes,
                 SliceAttributes, BlendAttributes, SparsifyAttributes, RopeAttributes,
                 AttentionAttributes, RouteAttributes, ExpertsAttributes, RecurrentAttributes>;

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

  // The graph that answers with an earlier node's value, without what only later ones need.
  Graph UpTo(NodeId output) const;

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
