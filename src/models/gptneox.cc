// GPT-NeoX and Pythia. Black et al., arXiv 2204.06745; Biderman et al., arXiv 2304.01373.
#include "models/decoder.h"
#include "models/families.h"
#include "models/huggingface/fields.h"
#include "models/huggingface/rope_parameters.h"

namespace ingle {
namespace {

constexpr TensorRule kTensors[] = {
    {"embed_in", "token_embd"},
    {"embed_out", "output"},
    {"final_layer_norm", "output_norm"},
    {"layers.{}.attention.query_key_value", "blk.{}.attn_qkv", TensorChange::kSplitHeads},
    {"layers.{}.attention.dense", "blk.{}.attn_output"},
    {"layers.{}.mlp.dense_h_to_4h", "blk.{}.ffn_up"},
    {"layers.{}.mlp.dense_4h_to_h", "blk.{}.ffn_down"},
    {"layers.{}.attention.bias", ""},
    {"layers.{}.attention.masked_bias", ""},
    {"layers.{}.attention.rotary_emb.inv_freq", ""},
};
constexpr FieldRule kFields[] = {
    {"num_key_value_heads", kNotRead},
    {"head_dim", kNotRead},
    {"layer_norm_eps", "attention.layer_norm_epsilon", "1e-5"},
    {"hidden_act", "feed_forward.activation", "\"gelu\""},
    {"use_parallel_residual", "use_parallel_residual", "true"},
    {"max_position_embeddings", "context_length", "2048"},
};
constexpr PresenceRule kPresence[] = {
    {"blk.{}.attn_qkv.weight", kInClass},
    {"output_norm.bias", kAlways},
    {"blk.{}.attn_norm.bias", kAlways},
    {"blk.{}.ffn_*.bias", kAlways},
    {"blk.{}.attn_*.bias", "attention_bias", true},
};
constexpr std::string_view kTypes[] = {"gpt_neox"};

// Beside rope_parameters the base and the share have names of their own.
void AdaptGptNeoX(HuggingFaceFields& fields) {
  RopeParameters rope = StatedRope(fields);
  rope.SetDefault("rope_theta", fields.Number("rotary_emb_base", 10000));
  rope.SetDefault("partial_rotary_factor", fields.Number("rotary_pct", 0.25));
  ReadRope(rope, kGptNeoXNames, fields);
  const double theta = fields.Key("rope.freq_base", 10000);
  if (fields.Number("rope_theta", theta) != theta) {
    fields.Refuse("rope_theta", Cat("is not rotary_emb_base, which is ", theta));
  }
}

}  // namespace

Result<Model> BuildGptNeoX(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config, {.activation = Activation::kGelu, .rms_norm = false});
  if (!c) return Fail(c.error());
  const bool parallel = config.Number("use_parallel_residual", 0, 1, 1) != 0;
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    const Value attended = b.Attend(b.Norm(x, blk + "attn_norm"), blk, layer, {.rope = &c->rope});
    const Value after = b.AddBlock(x, attended);
    const Value h = b.Norm(parallel ? x : after, blk + "ffn_norm");
    x = b.AddBlock(after, b.FeedForward(h, blk));
  }
  return b.Finish(b.Logits(x));
}

const HuggingFaceNames kGptNeoXNames{.model_types = kTypes,
                                     .fields = kFields,
                                     .tensors = kTensors,
                                     .presence = kPresence,
                                     .rotated_share = 0.25,
                                     .own_rope = true,
                                     .adapt = AdaptGptNeoX};

}  // namespace ingle
