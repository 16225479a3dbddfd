// Phi-3, 3.5 and 4-mini: Llama's layers with fused matrices and LongRoPE.
// Abdin et al., arXiv 2404.14219.
#include "models/decoder.h"
#include "models/families.h"
#include "models/huggingface/fields.h"
#include "models/huggingface/rope_parameters.h"

namespace ingle {
namespace {

constexpr TensorRule kTensors[] = {
    {"layers.{}.self_attn.qkv_proj", "blk.{}.attn_qkv"},
    {"layers.{}.mlp.gate_up_proj", "blk.{}.ffn_up"},
};
constexpr FieldRule kFields[] = {
    {"sliding_window", "attention.sliding_window"},
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", "1e-5"},
    {"max_position_embeddings", "context_length", "4096"},
};
constexpr PresenceRule kPresence[] = {{"blk.{}.attn_qkv.weight", kInClass}};
constexpr std::string_view kTypes[] = {"phi3"};

// The class knows one way of scaling, under three names.
void AdaptPhi3(HuggingFaceFields& fields) {
  RopeParameters rope = StatedRope(fields);
  for (const char* name : {"short_mscale", "long_mscale"}) {
    if (rope.Has(name)) fields.Refuse(name, "is set, which is only known of Phi-3-small");
  }
  const std::string type = rope.Type();
  if (type == "yarn" || type == "su") {
    rope.object["rope_type"] = "longrope";
  } else if (type != "default" && type != "longrope") {
    fields.Refuse(rope.name, Cat("has the type ", Quote(type), "; Phi-3 has longrope"));
  }
  // What the object says of it counts for nothing.
  constexpr const char* kOriginal = "original_max_position_embeddings";
  rope.object[kOriginal] = fields.Number(kOriginal, 4096);
  ReadRope(rope, kPhi3Names, fields);
}

}  // namespace

Result<Model> BuildPhi3(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadDecoder(checkpoint, config, {}, {"attention.sliding_window"});
  if (!c) return Fail(c.error());
  c->windows = ReadWindows(config, c->shape.layers, 1);
  if (const Status read = config.status(); !read) return Fail(read.error());
  DecoderBuilder b(checkpoint, *c);
  Value x = b.Embed();
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    const Value h = b.Norm(x, blk + "attn_norm");
    x = b.AddBlock(x, b.Attend(h, blk, layer, {.rope = &c->rope, .window = c->windows[layer]}));
    x = b.AddBlock(x, b.GatedFeedForward(b.Norm(x, blk + "ffn_norm"), blk));
  }
  return b.Finish(b.Logits(x));
}

const HuggingFaceNames kPhi3Names{.model_types = kTypes,
                                  .fields = kFields,
                                  .tensors = kTensors,
                                  .presence = kPresence,
                                  .rotated_share = 1,
                                  .own_rope = true,
                                  .adapt = AdaptPhi3};

}  // namespace ingle
