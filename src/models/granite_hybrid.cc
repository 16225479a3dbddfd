// Granite 4: most layers a Mamba-2 mixer, some attention without positions; a feed-forward network
// that all tokens take, and experts beside it (Granite Team, 2025).
#include <algorithm>

#include "models/experts.h"
#include "models/families.h"
#include "models/huggingface/fields.h"
#include "models/huggingface/gguf_form.h"
#include "models/mamba.h"

namespace ingle {
namespace {

constexpr TensorRule kTensors[] = {
    {"layers.{}.mamba.in_proj", "blk.{}.ssm_in"},
    {"layers.{}.mamba.out_proj", "blk.{}.ssm_out"},
    {"layers.{}.mamba.norm", "blk.{}.ssm_norm"},
    {"layers.{}.mamba.conv1d", "blk.{}.ssm_conv1d", TensorChange::kSqueeze},
    {"layers.{}.mamba.dt_bias", "blk.{}.ssm_dt.bias"},
    {"layers.{}.mamba.A_log", "blk.{}.ssm_a", TensorChange::kExpNegated},
    {"layers.{}.mamba.D", "blk.{}.ssm_d"},
    {"layers.{}.shared_mlp.input_linear", "blk.{}.ffn_up_shexp"},
    {"layers.{}.shared_mlp.output_linear", "blk.{}.ffn_down_shexp"},
    {"layers.{}.block_sparse_moe.router.layer", "blk.{}.ffn_gate_inp"},
    {"layers.{}.block_sparse_moe.input_linear", "blk.{}.ffn_gate_up_exps"},
    {"layers.{}.block_sparse_moe.output_linear", "blk.{}.ffn_down_exps"},
};
constexpr FieldRule kFields[] = {
    {"embedding_multiplier", "embedding_scale", "1"},
    {"residual_multiplier", "residual_scale", "1"},
    {"attention_multiplier", "attention.scale", "1"},
    {"logits_scaling", "logit_scale", "1"},
    {"max_position_embeddings", "context_length", "2048"},
    {"num_local_experts", "expert_count", "8"},
    {"num_experts_per_tok", "expert_used_count", "2"},
    {"shared_intermediate_size", "expert_shared_feed_forward_length", "1024"},
    {"mamba_n_heads", "ssm.time_step_rank", "128"},
    {"mamba_n_groups", "ssm.group_count", "1"},
    {"mamba_d_state", "ssm.state_size", "256"},
    {"mamba_d_conv", "ssm.conv_kernel", "4"},
    {"normalization_function", "", "\"rmsnorm\""},
};
constexpr PresenceRule kPresence[] = {
    {"blk.{}.attn_*.bias", "attention_bias"},
    {"blk.{}.ssm_conv1d.bias", "mamba_conv_bias", true},
    {"blk.{}.ssm_in.bias", "mamba_proj_bias"},
    {"blk.{}.ssm_out.bias", "mamba_proj_bias"},
    {"blk.{}.ffn_gate_up_exps.weight", kInClass},
};
constexpr std::string_view kTypes[] = {"granitemoehybrid"};

void AdaptGraniteHybrid(HuggingFaceFields& fields) {
  fields.Set("rope.pairs", "halves");
  RefuseZeros({"attention_multiplier", "logits_scaling"}, fields);
  fields.Set("rope.used", fields["position_embedding_type"] == "rope" ? 1.0 : 0.0);
  const double inner = fields.Number("mamba_expand", 2) * fields.Key("embedding_length", 0);
  fields.Set("ssm.inner_size", inner, "mamba_expand");
  const bool says_head = fields.Has("mamba_d_head") && fields["mamba_d_head"] != "auto";
  if (says_head &&
      inner != fields.Key("ssm.time_step_rank", 0) * fields.Number("mamba_d_head", 0)) {
    fields.Refuse("mamba_d_head", Cat("and mamba_n_heads do not make the inner width of ", inner));
  }
  const double kv_heads =
      fields.Key("attention.head_count_kv", fields.Key("attention.head_count", 1));
  const char* name = fields.Has("layer_types") ? "layer_types" : "layers_block_type";
  std::vector<double> heads;
  for (const std::string& type :
       ReadLayerTypes(fields, {"full_attention", "linear_attention"}, name)) {
    heads.push_back(type == "full_attention" ? kv_heads : 0);
  }
  if (heads.empty()) heads.resize(fields.Layers(), 0);
  fields.Set("attention.kv_heads", kv_heads);
  fields.Set("attention.layers", std::move(heads));
  ReadTimeStepLimit(fields);
  fields.Expect("blk.{}.ffn_gate_inp.weight", {fields.Key("expert_count", 0) > 0},
                "num_local_experts");
}

// Files have gate and up apart, say by the keys' heads which layers attend, and call the one
// network of layers without experts by the ordinary name.
void GraniteHybridToGguf(GgufForm& form) {
  MambaToGguf(form);
  form.Set("attention.head_count_kv", form.List("attention.layers"));
  form.Set("rope.scaling.finetuned", form.Key("rope.used", 0));
  for (const char* key : {"attention.layers", "attention.kv_heads", "rope.used"}) form.Erase(key);
  if (form.Key("expert_count", 0) == 0) {
    form.Set("feed_forward_length", form.Key("expert_shared_feed_forward_length", 0));
  }
  for (uint32_t layer = 0; layer < form.layers(); ++layer) {
    const std::string blk = Cat("blk.", layer, ".ffn_");
    const char* suffix =
        form.Find(blk + "gate_inp.weight") != nullptr ? "_shexp.weight" : ".weight";
    form.SplitGateAndUp(blk + "up_shexp.weight", Cat(blk, "gate", suffix), Cat(blk, "up", suffix),
                        false);
    form.Rename(blk + "down_shexp.weight", Cat(blk, "down", suffix));
  }
}

// Which layers attend: by a list of their own in checkpoints, by the keys' heads in GGUF files.
std::vector<bool> ReadLayers(ConfigReader& config, const DecoderConfig& c) {
  const std::vector<int64_t> listed = config.Ints("attention.layers");
  if (listed.size() != c.shape.layers) return c.attends;
  std::vector<bool> attends;
  for (const int64_t heads : listed) attends.push_back(heads != 0);
  return attends;
}

Value FeedForward(DecoderBuilder& b, Value h, const std::string& blk,
                  const ExpertsConfig& experts) {
  if (HasExperts(b, blk, experts)) return MixExperts(b, h, blk, experts);
  if (b.w.Has(blk + "ffn_down")) return b.GatedFeedForward(h, blk, "", experts.shared_hidden);
  return b.GatedFeedForward(h, blk, "_shexp", experts.shared_hidden);
}

}  // namespace

Result<Model> BuildGraniteHybrid(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config, {.pairs = RopePairs::kInterleaved},
                       {"embedding_scale", "residual_scale", "logit_scale", "expert_count"});
  if (!c) return Fail(c.error());
  c->logit_scale = 1 / c->logit_scale;
  const std::vector<bool> attends = ReadLayers(config, *c);
  const bool rotates = config.Flag("rope.used", config.Flag("rope.scaling.finetuned", true));
  ExpertsConfig experts;
  if (config.Number("expert_count", 0, 4096, 0) > 0) {
    experts = ReadExperts(config, *c, {.scores = RouteAttributes::Scores::kSoftmaxOfTopK});
  }
  experts.shared_hidden =
      config.Count("expert_shared_feed_forward_length", kWidestLayer, c->hidden);
  MambaConfig mamba;
  if (!std::all_of(attends.begin(), attends.end(), [](bool a) { return a; })) {
    mamba = ReadMamba(config);
  }
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  uint32_t caches = 0, states = 0;
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    const Value h = b.Norm(x, blk + "attn_norm");
    if (attends[layer]) {
      x = b.AddBlock(
          x, b.Attend(h, blk, layer, {.rope = rotates ? &c->rope : nullptr, .state = caches++}));
    } else {
      x = b.AddBlock(x, MixByMamba(b, h, blk, mamba, states));
      states += 2;
    }
    x = b.AddBlock(x, FeedForward(b, b.Norm(x, blk + "ffn_norm"), blk, experts));
  }
  return b.Finish(b.Logits(x));
}

const HuggingFaceNames kGraniteHybridNames{.model_types = kTypes,
                                           .fields = kFields,
                                           .tensors = kTensors,
                                           .presence = kPresence,
                                           .adapt = AdaptGraniteHybrid,
                                           .to_gguf = GraniteHybridToGguf};

}  // namespace ingle
