// Mamba-2: no attention at all. Dao and Gu, arXiv 2405.21060.
#include "models/families.h"
#include "models/huggingface/fields.h"
#include "models/mamba.h"

namespace ingle {
namespace {

constexpr TensorRule kTensors[] = {
    {"embeddings", "token_embd"},
    {"embedding", "token_embd"},
    {"norm_f", "output_norm"},
    {"layers.{}.norm", "blk.{}.attn_norm"},
    {"layers.{}.mixer.in_proj", "blk.{}.ssm_in"},
    {"layers.{}.mixer.out_proj", "blk.{}.ssm_out"},
    {"layers.{}.mixer.norm", "blk.{}.ssm_norm"},
    {"layers.{}.mixer.conv1d", "blk.{}.ssm_conv1d", TensorChange::kSqueeze},
    {"layers.{}.mixer.dt_bias", "blk.{}.ssm_dt.bias"},
    {"layers.{}.mixer.A_log", "blk.{}.ssm_a", TensorChange::kExpNegated},
    {"layers.{}.mixer.D", "blk.{}.ssm_d"},
};
constexpr FieldRule kFields[] = {
    {"num_attention_heads", kNotRead},
    {"num_key_value_heads", kNotRead},
    {"head_dim", kNotRead},
    {"intermediate_size", kNotRead},
    {"is_causal", kNotRead},
    {"max_position_embeddings", "context_length", "1048576"},
    {"layer_norm_epsilon", "attention.layer_norm_rms_epsilon", "1e-5"},
    {"num_heads", "ssm.time_step_rank", "128"},
    {"state_size", "ssm.state_size", "128"},
    {"conv_kernel", "ssm.conv_kernel", "4"},
    {"n_groups", "ssm.group_count", "8"},
    {"hidden_act", "", "\"silu\""},
    {"rms_norm", "", "true"},
};
constexpr PresenceRule kPresence[] = {
    {"blk.{}.ssm_conv1d.bias", "use_conv_bias", true},
    {"blk.{}.ssm_in.bias", "use_bias"},
    {"blk.{}.ssm_out.bias", "use_bias"},
};
constexpr std::string_view kTypes[] = {"mamba2"};

void AdaptMamba2(HuggingFaceFields& fields) {
  const double inner = fields.Number("expand", 2) * fields.Key("embedding_length", 0);
  if (inner != fields.Key("ssm.time_step_rank", 0) * fields.Number("head_dim", 64)) {
    fields.Refuse("expand",
                  Cat("makes an inner width of ", inner, ", which num_heads and head_dim do not"));
  }
  fields.Set("ssm.inner_size", inner, "expand");
  ReadTimeStepLimit(fields);
}

}  // namespace

Result<Model> BuildMamba2(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  const DecoderConfig c = ReadTrunk(checkpoint, config, {});
  const MambaConfig mamba = ReadMamba(config);
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, c);
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c.shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    x = b.AddBlock(x, MixByMamba(b, b.Norm(x, blk + "attn_norm"), blk, mamba, 2 * layer));
  }
  return b.Finish(b.Logits(x));
}

const HuggingFaceNames kMamba2Names{.model_types = kTypes,
                                    .fields = kFields,
                                    .tensors = kTensors,
                                    .presence = kPresence,
                                    .adapt = AdaptMamba2,
                                    .to_gguf = MambaToGguf};

}  // namespace ingle
