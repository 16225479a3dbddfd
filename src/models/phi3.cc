// Phi-3, 3.5 and 4-mini: Llama's layers with fused matrices and LongRoPE.
// Abdin et al., arXiv 2404.14219.
#include "models/decoder.h"
#include "models/families.h"
#include "models/huggingface/fields.h"

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
  const nlohmann::json& rope =
      fields[fields.Has("rope_parameters") ? "rope_parameters" : "rope_scaling"];
  if (!rope.is_object()) return;
  for (const char* name : {"short_mscale", "long_mscale"}) {
    if (rope.contains(name)) fields.Refuse(name, "is set, which is only known of Phi-3-small");
  }
  const std::string type = rope.value("rope_type", rope.value("type", "default"));
  if (type == "yarn") {
    nlohmann::json renamed = rope;
    renamed["rope_type"] = renamed["type"] = "longrope";
    ReadRopeParameters(renamed, kPhi3Names, fields);
  } else if (type != "default" && type != "longrope" && type != "su") {
    fields.Refuse("rope_scaling", Cat("has the type ", Quote(type), "; Phi-3 has longrope"));
  }
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
                                  .adapt = AdaptPhi3};

}  // namespace ingle
