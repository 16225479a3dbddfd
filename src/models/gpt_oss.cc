// gpt-oss: experts with a clamped gate, sinks that take attention away, every second layer a
// window. OpenAI, arXiv 2508.10925.
#include "models/decoder.h"
#include "models/experts.h"
#include "models/families.h"
#include "models/huggingface/fields.h"
#include "models/huggingface/gguf_form.h"
#include "models/huggingface/rope_parameters.h"

namespace ingle {
namespace {

constexpr FieldRule kFields[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", "1e-5"},
    {"num_key_value_heads", "attention.head_count_kv", "8"},
    {"head_dim", "attention.key_length", "64"},
    {"max_position_embeddings", "context_length", "131072"},
    {"sliding_window", "attention.sliding_window", "128", true},
    {"num_local_experts", "expert_count", "128"},
    {"num_experts", "expert_count"},
    {"num_experts_per_tok", "expert_used_count", "4"},
    {"swiglu_limit", "expert_swiglu_limit", "7"},
    {"swiglu_alpha", "", "1.702"},
    {"hidden_act", kNotRead},
};
constexpr TensorRule kTensors[] = {
    {"layers.{}.self_attn.sinks", "blk.{}.attn_sinks.weight"},
    {"layers.{}.mlp.router", "blk.{}.ffn_gate_inp"},
    {"layers.{}.mlp.experts.gate_up_proj", "blk.{}.ffn_gate_up_exps.weight",
     TensorChange::kTransposeEach},
    {"layers.{}.mlp.experts.gate_up_proj_bias", "blk.{}.ffn_gate_up_exps.bias",
     TensorChange::kToF32},
    {"layers.{}.mlp.experts.down_proj", "blk.{}.ffn_down_exps.weight",
     TensorChange::kTransposeEach},
    {"layers.{}.mlp.experts.gate_up_proj_blocks", "blk.{}.ffn_gate_up_exps.blocks",
     TensorChange::kMxfp4Part},
    {"layers.{}.mlp.experts.gate_up_proj_scales", "blk.{}.ffn_gate_up_exps.scales",
     TensorChange::kMxfp4Part},
    {"layers.{}.mlp.experts.down_proj_blocks", "blk.{}.ffn_down_exps.blocks",
     TensorChange::kMxfp4Part},
    {"layers.{}.mlp.experts.down_proj_scales", "blk.{}.ffn_down_exps.scales",
     TensorChange::kMxfp4Part},
    {"layers.{}.mlp.experts.down_proj_bias", "blk.{}.ffn_down_exps.bias", TensorChange::kToF32},
    {"layers.{}.post_attention_layernorm", "blk.{}.post_attention_norm"},
};
constexpr PresenceRule kPresence[] = {
    {"blk.{}.attn_*.bias", "attention_bias", true},
    {"blk.{}.ffn_gate_up_exps.weight", kInClass},
    {"blk.{}.ffn_*.bias", kAlways},
};
constexpr std::string_view kTypes[] = {"gpt_oss"};

void AdaptGptOss(HuggingFaceFields& fields) {
  RopeParameters rope = StatedRope(fields);
  if (!fields.Has("rope_parameters") && !fields.Has("rope_scaling")) {
    nlohmann::json yarn = {{"rope_type", "yarn"},
                           {"factor", 32.0},
                           {"truncate", false},
                           {"original_max_position_embeddings", 4096}};
    yarn.update(rope.object);
    rope.object = std::move(yarn);
  }
  ReadRope(rope, kGptOssNames, fields);
  SetWindows(fields, AllButEvery(2, fields));
}

// Files have gate and up apart.
void GptOssToGguf(GgufForm& form) {
  form.Set("expert_feed_forward_length", form.Key("feed_forward_length", 0));
  for (uint32_t layer = 0; layer < form.layers(); ++layer) {
    const std::string blk = Cat("blk.", layer, ".ffn_");
    for (const char* part : {".weight", ".bias"}) {
      form.SplitGateAndUp(Cat(blk, "gate_up_exps", part), Cat(blk, "gate_exps", part),
                          Cat(blk, "up_exps", part), true);
    }
  }
}

}  // namespace

Result<Model> BuildGptOss(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config, {.whole_pairs = false},
                       {"attention.sliding_window", "expert_count"});
  if (!c) return Fail(c.error());
  c->windows = ReadWindows(config, c->shape.layers, 2);
  ExpertsConfig experts =
      ReadExperts(config, *c, {.scores = RouteAttributes::Scores::kSoftmaxOfTopK});
  experts.interleaved = true;
  experts.activation = {Activation::kGeluQuick,
                        static_cast<float>(config.Number("expert_swiglu_limit", 0, 1e6, 7)), 1};
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    const Value h = b.Norm(x, blk + "attn_norm");
    x = b.AddBlock(x, b.Attend(h, blk, layer,
                               {.rope = &c->rope,
                                .window = c->windows[layer],
                                .sinks = b.w.Vector(blk + "attn_sinks.weight", c->shape.heads)}));
    x = b.AddBlock(x, MixExperts(b, b.Norm(x, blk + "post_attention_norm"), blk, experts));
  }
  return b.Finish(b.Logits(x));
}

const HuggingFaceNames kGptOssNames{.model_types = kTypes,
                                    .fields = kFields,
                                    .tensors = kTensors,
                                    .presence = kPresence,
                                    .rope_theta = 150000,
                                    .own_rope = true,
                                    .adapt = AdaptGptOss,
                                    .to_gguf = GptOssToGguf};

}  // namespace ingle
