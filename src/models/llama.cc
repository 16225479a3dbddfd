// Llama 1 to 3.x and what shares their shape: SmolLM 1 and 2, TinyLlama, Yi, DeepSeek-LLM ...
// Touvron et al., arXiv 2302.13971 and 2307.09288; Grattafiori et al., arXiv 2407.21783.
#include "models/llama.h"

#include <algorithm>
#include <cmath>

#include "graph/builder.h"
#include "models/config_reader.h"
#include "models/rope_scaling.h"
#include "models/weights.h"

namespace ingle {
namespace {

// No layer of a real model is half as wide; activations of a step stay below 1 GiB each.
constexpr uint32_t kWidest = 1u << 18;

struct LlamaConfig {
  ModelShape shape;
  uint32_t hidden;      // of the feed-forward network
  uint32_t key_size;    // of one head
  uint32_t value_size;  // of one head
  float norm_eps;
  float attention_scale;
  RopeAttributes rope;
};

// Fields of relatives that take other arithmetic. Refused when they say anything but "off".
void RejectRelatives(ConfigReader& config) {
  for (const char* key : {"expert_count", "attention.sliding_window", "attention.clamp_kqv",
                          "attn_logit_softcapping", "final_logit_softcapping", "logit_scale",
                          "residual_scale", "embedding_scale", "rope.scaling.alpha"}) {
    if (config.Number(key, -1e30, 1e30, 0.0) != 0) {
      config.Reject(ErrorCode::kUnsupported, key, "is set; plain Llama models do without it");
    }
  }
}

// Hidden widths are divided among the heads unless the file says otherwise.
uint32_t ReadHeadSize(ConfigReader& config, const ModelShape& shape, std::string_view key) {
  if (!config.Has(key) && shape.width % shape.heads != 0) {
    config.Reject("attention.head_count",
                  Cat("is ", shape.heads, ", which does not divide a width of ", shape.width));
  }
  return config.Count(key, 4096, std::max(1u, shape.width / shape.heads));
}

Result<LlamaConfig> ReadConfig(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  LlamaConfig c{};
  c.shape.layers = config.Count("block_count", 1024);
  c.shape.width = config.Count("embedding_length", kWidest);
  c.shape.heads = config.Count("attention.head_count", 4096);
  c.shape.kv_heads = config.Count("attention.head_count_kv", c.shape.heads, c.shape.heads);
  c.shape.trained_context = config.Count("context_length", 1u << 28);
  c.hidden = config.Count("feed_forward_length", kWidest);
  c.key_size = ReadHeadSize(config, c.shape, "attention.key_length");
  c.value_size = ReadHeadSize(config, c.shape, "attention.value_length");
  c.norm_eps = static_cast<float>(config.Number("attention.layer_norm_rms_epsilon", 0, 1));
  const double scale = config.Number("attention.scale", 0, 1e3, 0.0);
  c.attention_scale = static_cast<float>(scale == 0 ? 1 / std::sqrt(c.key_size) : scale);
  if (c.shape.heads % c.shape.kv_heads != 0) {
    config.Reject(
        "attention.head_count_kv",
        Cat("is ", c.shape.kv_heads, ", which does not divide ", c.shape.heads, " heads"));
  }
  if (uint64_t{c.shape.heads} * std::max(c.key_size, c.value_size) > kWidest) {
    config.Reject("attention.head_count",
                  Cat("is ", c.shape.heads, ": heads of size ", std::max(c.key_size, c.value_size),
                      " would be wider than ", kWidest, " together"));
  }
  RejectRelatives(config);
  auto rope = ReadRope(checkpoint, config, c.key_size, c.shape.trained_context);
  if (const Status read = config.status(); !read) return Fail(read.error());
  if (!rope) return Fail(rope.error());
  c.rope = std::move(*rope);

  const auto embedding = checkpoint.Tensor("token_embd.weight");
  if (!embedding) return Fail(embedding.error());
  if (embedding->shape.rows() > (1u << 26)) {
    return Fail(ErrorCode::kCorrupt, "tensor 'token_embd.weight' has ", embedding->shape.rows(),
                " rows, more than any vocabulary");
  }
  c.shape.vocabulary = static_cast<uint32_t>(embedding->shape.rows());
  const uint32_t stated = config.Count("vocab_size", 1u << 26, c.shape.vocabulary);
  if (stated != c.shape.vocabulary) {
    config.Reject("vocab_size", Cat("is ", stated, ", but the tensor 'token_embd.weight' has ",
                                    c.shape.vocabulary, " rows"));
  }
  if (const Status read = config.status(); !read) return Fail(read.error());
  return c;
}

// A product with NAME.weight and, if there is one, NAME.bias.
Value Linear(GraphBuilder& g, Weights& w, Value x, const std::string& name, uint64_t rows,
             uint64_t columns) {
  return g.MatMul(x, w.Matrix(name, rows, columns), w.Bias(name, rows));
}

Value LlamaLayer(GraphBuilder& g, Weights& w, Value x, const LlamaConfig& c, uint32_t layer) {
  const std::string blk = Cat("blk.", layer, ".");
  const uint64_t width = c.shape.width;
  const uint64_t q_size = uint64_t{c.shape.heads} * c.key_size;
  const uint64_t k_size = uint64_t{c.shape.kv_heads} * c.key_size;
  const uint64_t v_size = uint64_t{c.shape.kv_heads} * c.value_size;
  const uint64_t attended = uint64_t{c.shape.heads} * c.value_size;
  const AttentionAttributes attention{layer,      c.shape.heads, c.shape.kv_heads,
                                      c.key_size, c.value_size,  c.attention_scale};

  Value h = g.RmsNorm(x, w.Norm(blk + "attn_norm", width), c.norm_eps);
  const Value q = g.Rope(Linear(g, w, h, blk + "attn_q", q_size, width), c.rope);
  const Value k = g.Rope(Linear(g, w, h, blk + "attn_k", k_size, width), c.rope);
  const Value v = Linear(g, w, h, blk + "attn_v", v_size, width);
  const Value a = g.Attention(q, k, v, attention);
  x = g.Add(x, Linear(g, w, a, blk + "attn_output", width, attended));

  h = g.RmsNorm(x, w.Norm(blk + "ffn_norm", width), c.norm_eps);
  const Value gate = Linear(g, w, h, blk + "ffn_gate", c.hidden, width);
  const Value up = Linear(g, w, h, blk + "ffn_up", c.hidden, width);
  return g.Add(x, Linear(g, w, g.SwiGlu(gate, up), blk + "ffn_down", width, c.hidden));
}

Result<Graph> LlamaGraph(const Checkpoint& checkpoint, const LlamaConfig& c) {
  GraphBuilder g;
  Weights w(g, checkpoint);
  const Value table = w.Matrix("token_embd", c.shape.vocabulary, c.shape.width);
  Value x = g.Embed(g.Tokens(), table);
  for (uint32_t layer = 0; layer < c.shape.layers; ++layer) {
    x = LlamaLayer(g, w, x, c, layer);
    if (const Status bound = w.status(); !bound) return Fail(bound.error());
  }
  x = g.SelectRows(x, g.OutputRows());
  x = g.RmsNorm(x, w.Norm("output_norm", c.shape.width), c.norm_eps);
  // Small models share the embedding table with the output.
  const Value output =
      w.Has("output") ? w.Matrix("output", c.shape.vocabulary, c.shape.width) : table;
  const Value logits = g.MatMul(x, output);
  if (const Status bound = w.status(); !bound) return Fail(bound.error());
  return g.Finish(logits);
}

}  // namespace

Result<Model> BuildLlama(const Checkpoint& checkpoint) {
  const auto config = ReadConfig(checkpoint);
  if (!config) return Fail(config.error());
  auto graph = LlamaGraph(checkpoint, *config);
  if (!graph) return Fail(graph.error());
  return Model{config->shape, std::move(*graph)};
}

}  // namespace ingle
