// Qwen3-Next and Qwen3.5: three layers of four have the gated delta rule instead of attention,
// whose queries bring a gate along. Yang, Kautz and Hatamizadeh, arXiv 2412.06464; Qwen Team
// (2025).
#include <cmath>

#include "models/experts.h"
#include "models/families.h"
#include "models/huggingface/fields.h"
#include "models/huggingface/gguf_form.h"

namespace ingle {
namespace {

// Key heads serve several value heads each.
struct DeltaConfig {
  RecurrentAttributes rule;
  uint32_t taps = 0;  // of the convolution

  uint64_t key_width() const { return uint64_t{rule.groups} * rule.key_size; }
  uint64_t value_width() const { return uint64_t{rule.heads} * rule.value_size; }
  uint64_t heads_per_key() const { return rule.heads / rule.groups; }
};

// tiled: GGUF files of Qwen3.5 have value head h next to key head h % key heads.
DeltaConfig ReadDelta(ConfigReader& config, bool tiled) {
  DeltaConfig d;
  d.taps = config.Count("ssm.conv_kernel", 64);
  d.rule.heads = config.Count("ssm.time_step_rank", 1u << 14);
  d.rule.groups = config.Count("ssm.group_count", d.rule.heads);
  d.rule.key_size = config.Count("ssm.state_size", 4096);
  const uint32_t inner = config.Count("ssm.inner_size", kWidestLayer);
  d.rule.value_size = std::max(1u, inner / d.rule.heads);
  d.rule.tiled = config.Number("ssm.heads_tiled", 0, 1, tiled) != 0;
  if (inner % d.rule.heads != 0 || d.rule.heads % d.rule.groups != 0) {
    config.Reject("ssm.time_step_rank", Cat("is ", d.rule.heads, ", which does not go with ", inner,
                                            " columns and ", d.rule.groups, " key heads"));
  }
  if (d.key_width() > kWidestLayer) {
    config.Reject("ssm.state_size",
                  Cat("is ", d.rule.key_size, ", too much for ", d.rule.groups, " heads"));
  }
  return d;
}

// What files are rearranged by: `share` value heads to a key head.
struct DeltaShape {
  uint64_t key_heads, key_size, share, value_size;
};

struct DeltaInputs {
  Value q, k, v, gate, beta, decay;  // as projected: the last two are not yet what they are to be
};

// Files have one matrix for q, k, v and the gate, of each key head all that belongs to it; or one
// for q, k and v, and one for the gate. Likewise for beta and decay.
DeltaInputs Project(DecoderBuilder& b, Value h, const std::string& blk, const DeltaConfig& d) {
  const uint64_t width = b.c.shape.width;
  const uint64_t key = d.rule.key_size;
  const uint64_t value = d.heads_per_key() * d.rule.value_size;
  DeltaInputs in;
  if (b.w.Has(blk + "ssm_in")) {
    const uint64_t period = 2 * key + 2 * value;
    const Value all = b.Linear(h, blk + "ssm_in", period * d.rule.groups, width);
    in.q = b.g.Slice(all, {period, 0, key});
    in.k = b.g.Slice(all, {period, key, key});
    in.v = b.g.Slice(all, {period, 2 * key, value});
    in.gate = b.g.Slice(all, {period, 2 * key + value, value});
  } else {
    const Shape whole{2 * d.key_width() + d.value_width(), width};
    const auto rows = [&](uint64_t begin, uint64_t count) {
      return b.g.MatMul(h, b.w.MatrixRows(blk + "attn_qkv", whole, begin, count));
    };
    in.q = rows(0, d.key_width());
    in.k = rows(d.key_width(), d.key_width());
    in.v = rows(2 * d.key_width(), d.value_width());
    in.gate = b.Linear(h, blk + "attn_gate", d.value_width(), width);
  }
  if (b.w.Has(blk + "ssm_ba")) {
    const uint64_t share = d.heads_per_key();
    const Value both = b.Linear(h, blk + "ssm_ba", 2 * uint64_t{d.rule.heads}, width);
    in.beta = b.g.Slice(both, {2 * share, 0, share});
    in.decay = b.g.Slice(both, {2 * share, share, share});
  } else {
    in.beta = b.Linear(h, blk + "ssm_beta", d.rule.heads, width);
    in.decay = b.Linear(h, blk + "ssm_alpha", d.rule.heads, width);
  }
  return in;
}

// q, k and v are convolved each with its rows of one weight.
Value Convolve(DecoderBuilder& b, Value x, const std::string& blk, const DeltaConfig& d,
               uint64_t begin, uint32_t state) {
  const Shape whole{2 * d.key_width() + d.value_width(), d.taps};
  const Value weight = b.w.FlatRows(blk + "ssm_conv1d.weight", whole, begin, b.g.Columns(x));
  return b.g.Activate(b.c.activation, b.g.ShortConv(x, weight, std::nullopt, state));
}

// Each head to the length `to`.
Value NormHeads(DecoderBuilder& b, Value x, uint32_t size, float to) {
  constexpr float kEpsilon = 1e-6f;  // of the sum of squares
  const auto n = static_cast<float>(size);
  return b.g.Scale(b.g.RmsNorm(x, std::nullopt, {kEpsilon / n, size}), to / std::sqrt(n));
}

// Four states, from first_state on: three convolutions and the rule.
Value DeltaMixer(DecoderBuilder& b, Value h, const std::string& blk, const DeltaConfig& d,
                 uint32_t first_state) {
  DeltaInputs in = Project(b, h, blk, d);
  in.q = Convolve(b, in.q, blk, d, 0, first_state);
  in.k = Convolve(b, in.k, blk, d, d.key_width(), first_state + 1);
  in.v = Convolve(b, in.v, blk, d, 2 * d.key_width(), first_state + 2);
  in.q = NormHeads(b, in.q, d.rule.key_size, 1 / std::sqrt(static_cast<float>(d.rule.key_size)));
  in.k = NormHeads(b, in.k, d.rule.key_size, 1);
  in.beta = b.g.Activate(Activation::kSigmoid, in.beta);
  in.decay = b.g.Add(in.decay, b.w.Flat(blk + "ssm_dt.bias", d.rule.heads));
  in.decay =
      b.g.Mul(b.g.Activate(Activation::kSoftplus, in.decay), b.w.Flat(blk + "ssm_a", d.rule.heads));

  RecurrentAttributes rule = d.rule;
  rule.state = first_state + 3;
  Value y = b.g.DeltaRule(in.q, in.k, in.v, in.decay, in.beta, rule);
  y = b.g.RmsNorm(y, b.w.Norm(blk + "ssm_norm", rule.value_size),
                  NormAttributes{b.c.norm.epsilon, rule.value_size});
  y = b.g.Mul(y, b.g.Activate(Activation::kSilu, in.gate));
  return b.Linear(y, blk + "ssm_out", b.c.shape.width, d.value_width());
}

// [first, first + count), so often, `step` apart.
void AppendRuns(std::vector<uint64_t>& rows, uint64_t first, uint64_t count, uint64_t runs,
                uint64_t step) {
  for (uint64_t run = 0; run < runs; ++run) {
    for (uint64_t i = 0; i < count; ++i) rows.push_back(first + run * step + i);
  }
}

DeltaShape DeltaOf(const GgufForm& form) {
  const auto count = [&](std::string_view key) {
    return static_cast<uint64_t>(std::clamp(form.Key(key, 1), 1.0, 1e5));
  };
  DeltaShape d;
  d.key_heads = count("ssm.group_count");
  d.key_size = count("ssm.state_size");
  d.share = std::max<uint64_t>(1, count("ssm.time_step_rank") / d.key_heads);
  d.value_size = count("ssm.inner_size") / count("ssm.time_step_rank");
  return d;
}

// Files list the layers that do not attend.
void TellLayers(GgufForm& form) {
  std::vector<double> recurrent;
  for (const double attends : form.List("attention.layers")) recurrent.push_back(attends == 0);
  if (!recurrent.empty()) form.Set("attention.recurrent_layers", std::move(recurrent));
  form.Erase("attention.layers");
  form.Erase("ssm.heads_tiled");
}

// Files have all q, all k and all v below each other, and the gate apart.
void Qwen3NextToGguf(GgufForm& form) {
  TellLayers(form);
  const DeltaShape d = DeltaOf(form);
  const uint64_t values = d.share * d.value_size;
  const uint64_t period = 2 * d.key_size + 2 * values;
  std::vector<uint64_t> qkv, gate;
  AppendRuns(qkv, 0, d.key_size, d.key_heads, period);
  AppendRuns(qkv, d.key_size, d.key_size, d.key_heads, period);
  AppendRuns(qkv, 2 * d.key_size, values, d.key_heads, period);
  AppendRuns(gate, 2 * d.key_size + values, values, d.key_heads, period);
  for (uint32_t layer = 0; layer < form.layers(); ++layer) {
    const std::string in = Cat("blk.", layer, ".ssm_in.weight");
    const PlacedTensor* fused = form.Find(in);
    if (fused == nullptr) continue;
    const uint64_t width = fused->shape.columns();
    if (fused->shape.rows() != qkv.size() + gate.size()) {
      return form.Refuse(in, Cat("is ", ToString(fused->shape)));
    }
    form.Take(in, Cat("blk.", layer, ".attn_qkv.weight"), qkv, width, {qkv.size(), width});
    form.Take(in, Cat("blk.", layer, ".attn_gate.weight"), gate, width, {gate.size(), width});
    form.Drop(in);
  }
}

// Value head h moves from beside key head h / share to where files have it: tiled.
void Qwen35ToGguf(GgufForm& form) {
  TellLayers(form);
  const DeltaShape d = DeltaOf(form);
  const uint64_t heads = d.key_heads * d.share;
  std::vector<uint64_t> by_head, by_value;
  for (uint64_t head = 0; head < heads; ++head) {
    by_head.push_back(head % d.key_heads * d.share + head / d.key_heads);
    AppendRuns(by_value, by_head.back() * d.value_size, d.value_size, 1, 0);
  }
  const uint64_t keys = 2 * d.key_heads * d.key_size;
  std::vector<uint64_t> mixed;
  AppendRuns(mixed, 0, keys, 1, 0);
  for (const uint64_t value : by_value) mixed.push_back(keys + value);
  for (uint32_t layer = 0; layer < form.layers(); ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    if (form.Find(blk + "ssm_a") == nullptr) continue;
    for (const char* name : {"attn_qkv.weight", "ssm_conv1d.weight"}) {
      form.ReorderRows(blk + name, mixed);
    }
    form.ReorderRows(blk + "attn_gate.weight", by_value);
    for (const char* name : {"ssm_alpha.weight", "ssm_beta.weight", "ssm_a", "ssm_dt.bias"}) {
      form.ReorderRows(blk + name, by_head);
    }
    form.ReorderColumns(blk + "ssm_out.weight", by_value);
  }
  const nlohmann::json& rope = form.config()["rope_parameters"];
  std::vector<double> sections = {11, 11, 10};
  if (rope.is_object() && rope.contains("mrope_section") && rope["mrope_section"].is_array()) {
    sections.clear();
    for (const nlohmann::json& part : rope["mrope_section"]) {
      if (part.is_number()) sections.push_back(part.get<double>());
    }
  }
  sections.resize(4, 0);
  form.Set("rope.dimension_sections", std::move(sections));
}

std::vector<bool> ReadLayers(ConfigReader& config, uint32_t layers) {
  std::vector<int64_t> listed = config.Ints("attention.layers");
  if (listed.empty()) {
    listed = config.Ints("attention.recurrent_layers");
    for (int64_t& layer : listed) layer = layer == 0 ? 1 : 0;
  }
  const uint32_t interval = config.Count("full_attention_interval", 1024, 4);
  std::vector<bool> attends;
  if (!listed.empty() && listed.size() != layers) {
    config.Reject("attention.recurrent_layers",
                  Cat("has ", listed.size(), " entries for ", layers, " layers"));
    return std::vector<bool>(layers);
  }
  for (uint32_t layer = 0; layer < layers; ++layer) {
    attends.push_back(listed.empty() ? (layer + 1) % interval == 0 : listed[layer] != 0);
  }
  return attends;
}

constexpr TensorRule kTensors[] = {
    {"norm", "output_norm", TensorChange::kPlusOne},
    {"layers.{}.input_layernorm", "blk.{}.attn_norm", TensorChange::kPlusOne},
    {"layers.{}.post_attention_layernorm", "blk.{}.post_attention_norm", TensorChange::kPlusOne},
    {"layers.{}.self_attn.q_norm", "blk.{}.attn_q_norm", TensorChange::kPlusOne},
    {"layers.{}.self_attn.k_norm", "blk.{}.attn_k_norm", TensorChange::kPlusOne},
    {"layers.{}.linear_attn.conv1d", "blk.{}.ssm_conv1d", TensorChange::kSqueeze},
    {"layers.{}.linear_attn.dt_bias", "blk.{}.ssm_dt.bias"},
    {"layers.{}.linear_attn.A_log", "blk.{}.ssm_a", TensorChange::kExpNegated},
    {"layers.{}.linear_attn.norm", "blk.{}.ssm_norm"},
    {"layers.{}.linear_attn.out_proj", "blk.{}.ssm_out"},
    {"layers.{}.linear_attn.in_proj_qkvz", "blk.{}.ssm_in"},
    {"layers.{}.linear_attn.in_proj_ba", "blk.{}.ssm_ba"},
    {"layers.{}.linear_attn.in_proj_qkv", "blk.{}.attn_qkv"},
    {"layers.{}.linear_attn.in_proj_z", "blk.{}.attn_gate"},
    {"layers.{}.linear_attn.in_proj_b", "blk.{}.ssm_beta"},
    {"layers.{}.linear_attn.in_proj_a", "blk.{}.ssm_alpha"},
    {"layers.{}.mlp.gate", "blk.{}.ffn_gate_inp"},
    {"layers.{}.mlp.experts.{}.gate_proj", "blk.{}.ffn_gate.{}"},
    {"layers.{}.mlp.experts.{}.up_proj", "blk.{}.ffn_up.{}"},
    {"layers.{}.mlp.experts.{}.down_proj", "blk.{}.ffn_down.{}"},
    {"layers.{}.mlp.experts.gate_up_proj", "blk.{}.ffn_gate_up_exps.weight"},
    {"layers.{}.mlp.experts.down_proj", "blk.{}.ffn_down_exps.weight"},
    {"layers.{}.mlp.shared_expert.gate_proj", "blk.{}.ffn_gate_shexp"},
    {"layers.{}.mlp.shared_expert.up_proj", "blk.{}.ffn_up_shexp"},
    {"layers.{}.mlp.shared_expert.down_proj", "blk.{}.ffn_down_shexp"},
    {"layers.{}.mlp.shared_expert_gate", "blk.{}.ffn_gate_inp_shexp"},
};

constexpr FieldRule kNextFields[] = {
    {"num_key_value_heads", "attention.head_count_kv", "2"},
    {"head_dim", "attention.key_length", "256"},
    {"max_position_embeddings", "context_length", "32768"},
    {"linear_num_value_heads", "ssm.time_step_rank", "32"},
    {"linear_num_key_heads", "ssm.group_count", "16"},
    {"linear_key_head_dim", "ssm.state_size", "128"},
    {"linear_conv_kernel_dim", "ssm.conv_kernel", "4"},
    {"full_attention_interval", "full_attention_interval", "4"},
    {"num_experts", "expert_count", "512"},
    {"num_local_experts", "expert_count"},
    {"num_experts_per_tok", "expert_used_count", "10"},
    {"norm_topk_prob", "expert_weights_norm", "true"},
    {"moe_intermediate_size", "expert_feed_forward_length", "512"},
    {"shared_expert_intermediate_size", "expert_shared_feed_forward_length", "512"},
};
constexpr FieldRule k35Fields[] = {
    {"num_key_value_heads", "attention.head_count_kv", "4"},
    {"head_dim", "attention.key_length", "256"},
    {"max_position_embeddings", "context_length", "32768"},
    {"linear_num_value_heads", "ssm.time_step_rank", "32"},
    {"linear_num_key_heads", "ssm.group_count", "16"},
    {"linear_key_head_dim", "ssm.state_size", "128"},
    {"linear_conv_kernel_dim", "ssm.conv_kernel", "4"},
    {"full_attention_interval", "full_attention_interval", "4"},
};
constexpr FieldRule k35MoeFields[] = {
    {"num_key_value_heads", "attention.head_count_kv", "2"},
    {"head_dim", "attention.key_length", "256"},
    {"max_position_embeddings", "context_length", "32768"},
    {"intermediate_size", "feed_forward_length", "512"},  // the class has none
    {"linear_num_value_heads", "ssm.time_step_rank", "32"},
    {"linear_num_key_heads", "ssm.group_count", "16"},
    {"linear_key_head_dim", "ssm.state_size", "128"},
    {"linear_conv_kernel_dim", "ssm.conv_kernel", "4"},
    {"full_attention_interval", "full_attention_interval", "4"},
    {"num_experts", "expert_count", "256"},
    {"num_local_experts", "expert_count"},
    {"num_experts_per_tok", "expert_used_count", "8"},
    {"moe_intermediate_size", "expert_feed_forward_length", "512"},
    {"shared_expert_intermediate_size", "expert_shared_feed_forward_length", "512"},
};
// Layers of linear attention, whose gate is attn_gate, have no biases.
constexpr PresenceRule kNextPresence[] = {
    {"blk.{}.attn_q.bias", "attention_bias"},
    {"blk.{}.attn_k.bias", "attention_bias"},
    {"blk.{}.attn_v.bias", "attention_bias"},
    {"blk.{}.attn_output.bias", "attention_bias"},
    {"blk.{}.ssm_in.weight", kInClass},
    {"blk.{}.ssm_ba.weight", kInClass},
    {"blk.{}.ffn_gate_inp_shexp.weight", kAlways},
};
constexpr PresenceRule k35Presence[] = {
    {"blk.{}.attn_q.bias", "attention_bias"},
    {"blk.{}.attn_k.bias", "attention_bias"},
    {"blk.{}.attn_v.bias", "attention_bias"},
    {"blk.{}.attn_output.bias", "attention_bias"},
};
constexpr PresenceRule k35MoePresence[] = {
    {"blk.{}.attn_q.bias", "attention_bias"}, {"blk.{}.attn_k.bias", "attention_bias"},
    {"blk.{}.attn_v.bias", "attention_bias"}, {"blk.{}.attn_output.bias", "attention_bias"},
    {"blk.{}.ffn_gate_inp.weight", kInClass}, {"blk.{}.ffn_gate_inp_shexp.weight", kAlways},
};
constexpr std::string_view kNextTypes[] = {"qwen3_next"};
constexpr std::string_view k35Types[] = {"qwen3_5_text", "qwen3_5"};
constexpr std::string_view k35MoeTypes[] = {"qwen3_5_moe_text", "qwen3_5_moe"};

void AdaptDelta(HuggingFaceFields& fields) {
  fields.Set("ssm.inner_size",
             fields.Key("ssm.time_step_rank", 0) * fields.Number("linear_value_head_dim", 128),
             "linear_value_head_dim");
  fields.Set("ssm.heads_tiled", 0.0);
  if (!fields.Has("layer_types")) return;
  std::vector<double> attends;
  for (const std::string& type : ReadLayerTypes(fields, {"full_attention", "linear_attention"})) {
    attends.push_back(type == "full_attention" ? 1 : 0);
  }
  fields.Set("attention.layers", std::move(attends), "layer_types");
}

void AdaptNext(HuggingFaceFields& fields) {
  AdaptDelta(fields);
  ExpectSparseLayers(fields);
}

Result<Model> BuildDelta(const Checkpoint& checkpoint, bool tiled) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config, {}, {"expert_count"});
  if (!c) return Fail(c.error());
  const DeltaConfig delta = ReadDelta(config, tiled);
  const std::vector<bool> attends = ReadLayers(config, c->shape.layers);
  ExpertsConfig experts;
  if (config.Number("expert_count", 0, 4096, 0) > 0) {
    experts = ReadExperts(config, *c, {.normalize = true});
    experts.shared_hidden = config.Count("expert_shared_feed_forward_length", kWidestLayer);
  }
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  uint32_t caches = 0, states = 0;
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    Value h = b.Norm(x, blk + "attn_norm");
    if (attends[layer]) {
      x = b.AddBlock(x, b.Attend(h, blk, layer,
                                 {.head_norm = SelfAttention::HeadNorm::kEach,
                                  .rope = &c->rope,
                                  .gated = true,
                                  .state = caches++}));
    } else {
      x = b.AddBlock(x, DeltaMixer(b, h, blk, delta, states));
      states += 4;
    }
    h = b.Norm(x, blk + "post_attention_norm");
    x = b.AddBlock(x, HasExperts(b, blk, experts) ? MixExperts(b, h, blk, experts)
                                                  : b.GatedFeedForward(h, blk));
  }
  return b.Finish(b.Logits(x));
}

}  // namespace

Result<Model> BuildQwen3Next(const Checkpoint& checkpoint) { return BuildDelta(checkpoint, false); }
Result<Model> BuildQwen35(const Checkpoint& checkpoint) { return BuildDelta(checkpoint, true); }

const HuggingFaceNames kQwen3NextNames{.model_types = kNextTypes,
                                       .fields = kNextFields,
                                       .tensors = kTensors,
                                       .presence = kNextPresence,
                                       .rotated_share = 0.25,
                                       .adapt = AdaptNext,
                                       .to_gguf = Qwen3NextToGguf};
const HuggingFaceNames kQwen35Names{.model_types = k35Types,
                                    .fields = k35Fields,
                                    .tensors = kTensors,
                                    .presence = k35Presence,
                                    .rotated_share = 0.25,
                                    .adapt = AdaptDelta,
                                    .to_gguf = Qwen35ToGguf};
const HuggingFaceNames kQwen35MoeNames{.model_types = k35MoeTypes,
                                       .fields = k35MoeFields,
                                       .tensors = kTensors,
                                       .presence = k35MoePresence,
                                       .rotated_share = 0.25,
                                       .adapt = AdaptDelta,
                                       .to_gguf = Qwen35ToGguf};

}  // namespace ingle
