// Qwen 2, 2.5 and 3: Llama's layers with biases on q, k and v (2), or with q and k normed head by
// head (3); and those of them with mixtures of experts, to which 2 adds one for all tokens.
// Yang et al., arXiv 2407.10671 and 2505.09388.
#include "models/decoder.h"
#include "models/experts.h"
#include "models/families.h"
#include "models/huggingface/fields.h"

namespace ingle {
namespace {

// How many experts share what all tokens take is not said: the width is.
Result<Model> BuildQwen(const Checkpoint& checkpoint, SelfAttention::HeadNorm head_norm,
                        std::optional<ExpertsDefaults> mixture = {}) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config, {}, {"attention.sliding_window", "expert_count"});
  if (!c) return Fail(c.error());
  c->windows = ReadWindows(config, c->shape.layers, 1);
  ExpertsConfig experts;
  if (mixture) {
    experts = ReadExperts(config, *c, *mixture);
    if (config.Has("expert_shared_feed_forward_length")) {
      experts.shared_hidden = config.Count("expert_shared_feed_forward_length", kWidestLayer);
    }
  }
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    Value h = b.Norm(x, blk + "attn_norm");
    x = b.AddBlock(
        x, b.Attend(h, blk, layer,
                    {.head_norm = head_norm, .rope = &c->rope, .window = c->windows[layer]}));
    h = b.Norm(x, blk + "ffn_norm");
    x = b.AddBlock(x, HasExperts(b, blk, experts) ? MixExperts(b, h, blk, experts)
                                                  : b.GatedFeedForward(h, blk));
  }
  return b.Finish(b.Logits(x));
}

// Whether there is a window.
bool ReadWindow(HuggingFaceFields& fields) {
  if (!fields.Flag("use_sliding_window", false) || fields.IsNull("sliding_window")) return false;
  fields.Set("attention.sliding_window", fields.Number("sliding_window", 4096), "sliding_window");
  return true;
}

// The layers from max_window_layers on see a window, if use_sliding_window says so.
void ReadQwenWindows(HuggingFaceFields& fields) {
  if (!ReadWindow(fields)) return SetWindows(fields, {});
  const double first = fields.Number("max_window_layers", 28);
  std::vector<double> slides;
  for (size_t layer = 0; layer < fields.Layers(); ++layer) {
    slides.push_back(static_cast<double>(layer) >= first ? 1 : 0);
  }
  SetWindows(fields, std::move(slides));
}

constexpr FieldRule kQwen2Fields[] = {
    {"num_key_value_heads", "attention.head_count_kv", "32"},
    {"max_position_embeddings", "context_length", "32768"},
};
constexpr FieldRule kQwen3Fields[] = {
    {"num_key_value_heads", "attention.head_count_kv", "32"},
    {"head_dim", "attention.key_length", "128"},
    {"max_position_embeddings", "context_length", "32768"},
};
constexpr FieldRule kQwen2MoeFields[] = {
    {"num_key_value_heads", "attention.head_count_kv", "16"},
    {"max_position_embeddings", "context_length", "32768"},
    {"num_experts", "expert_count", "60"},
    {"num_local_experts", "expert_count"},
    {"num_experts_per_tok", "expert_used_count", "4"},
    {"norm_topk_prob", "expert_weights_norm", "false"},
    {"moe_intermediate_size", "expert_feed_forward_length", "1408"},
    {"shared_expert_intermediate_size", "expert_shared_feed_forward_length", "5632"},
};
constexpr FieldRule kQwen3MoeFields[] = {
    {"num_key_value_heads", "attention.head_count_kv", "4"},
    {"max_position_embeddings", "context_length", "32768"},
    {"num_experts", "expert_count", "128"},
    {"num_local_experts", "expert_count"},
    {"num_experts_per_tok", "expert_used_count", "8"},
    {"norm_topk_prob", "expert_weights_norm", "false"},
    {"moe_intermediate_size", "expert_feed_forward_length", "768"},
};
constexpr TensorRule kMoeTensors[] = {
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

// Here every second of the first layers sees the window; of Qwen3's mixtures, every layer.
void ReadMoeWindows(HuggingFaceFields& fields) {
  const bool windows = ReadWindow(fields);
  if (fields["model_type"] == "qwen3_moe") return;
  if (!windows) return SetWindows(fields, {});
  const double end = fields.Number("max_window_layers", 28);
  std::vector<double> slides;
  for (size_t layer = 0; layer < fields.Layers(); ++layer) {
    slides.push_back(layer % 2 == 0 && static_cast<double>(layer) < end ? 1 : 0);
  }
  SetWindows(fields, std::move(slides));
}

constexpr PresenceRule kQwen2Presence[] = {
    {"blk.{}.attn_q.bias", kAlways},
    {"blk.{}.attn_k.bias", kAlways},
    {"blk.{}.attn_v.bias", kAlways},
};
constexpr PresenceRule kQwen3Presence[] = {{"blk.{}.attn_*.bias", "attention_bias"}};
constexpr PresenceRule kQwen2MoePresence[] = {
    {"blk.{}.attn_q.bias", "qkv_bias", true},
    {"blk.{}.attn_k.bias", "qkv_bias", true},
    {"blk.{}.attn_v.bias", "qkv_bias", true},
    {"blk.{}.ffn_gate_inp_shexp.weight", kAlways},
};

void AdaptMoe(HuggingFaceFields& fields) {
  ReadMoeWindows(fields);
  ExpectSparseLayers(fields);
}

constexpr std::string_view kQwen2MoeTypes[] = {"qwen2_moe"};
constexpr std::string_view kQwen3MoeTypes[] = {"qwen3_moe"};
constexpr std::string_view kQwen2Types[] = {"qwen2"};
constexpr std::string_view kQwen3Types[] = {"qwen3"};

}  // namespace

Result<Model> BuildQwen2(const Checkpoint& checkpoint) {
  return BuildQwen(checkpoint, SelfAttention::HeadNorm::kNone);
}
Result<Model> BuildQwen3(const Checkpoint& checkpoint) {
  return BuildQwen(checkpoint, SelfAttention::HeadNorm::kEach);
}

// llama.cpp's converter leaves out whether the weights are normalized, and takes it as given.
Result<Model> BuildQwen2Moe(const Checkpoint& checkpoint) {
  return BuildQwen(checkpoint, SelfAttention::HeadNorm::kNone, ExpertsDefaults{});
}
Result<Model> BuildQwen3Moe(const Checkpoint& checkpoint) {
  return BuildQwen(checkpoint, SelfAttention::HeadNorm::kEach, ExpertsDefaults{.normalize = true});
}

const HuggingFaceNames kQwen2MoeNames{.model_types = kQwen2MoeTypes,
                                      .fields = kQwen2MoeFields,
                                      .tensors = kMoeTensors,
                                      .presence = kQwen2MoePresence,
                                      .adapt = AdaptMoe};
const HuggingFaceNames kQwen3MoeNames{.model_types = kQwen3MoeTypes,
                                      .fields = kQwen3MoeFields,
                                      .tensors = kMoeTensors,
                                      .presence = kQwen3Presence,
                                      .adapt = AdaptMoe};
const HuggingFaceNames kQwen2Names{.model_types = kQwen2Types,
                                   .fields = kQwen2Fields,
                                   .presence = kQwen2Presence,
                                   .adapt = ReadQwenWindows};
const HuggingFaceNames kQwen3Names{.model_types = kQwen3Types,
                                   .fields = kQwen3Fields,
                                   .presence = kQwen3Presence,
                                   .adapt = ReadQwenWindows};

}  // namespace ingle
