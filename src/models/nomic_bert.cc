// nomic-bert: BERT's layers with rotary positions, a gated feed-forward network and no biases.
// Nussbaum et al., arXiv 2402.01613.
#include "models/encoder.h"
#include "models/families.h"
#include "models/huggingface/fields.h"
#include "models/huggingface/gguf_form.h"

namespace ingle {
namespace {

constexpr TensorRule kTensors[] = {
    {"embeddings.word_embeddings", "token_embd"},
    {"embeddings.token_type_embeddings", "token_types", TensorChange::kToF32},
    {"emb_ln", "token_embd_norm"},
    {"encoder.layers.{}.attn.Wqkv", "blk.{}.attn_qkv"},
    {"encoder.layers.{}.attn.out_proj", "blk.{}.attn_output"},
    {"encoder.layers.{}.norm1", "blk.{}.attn_output_norm"},
    {"encoder.layers.{}.mlp.fc11", "blk.{}.ffn_up"},
    {"encoder.layers.{}.mlp.fc12", "blk.{}.ffn_gate"},
    {"encoder.layers.{}.mlp.fc2", "blk.{}.ffn_down"},
    {"encoder.layers.{}.norm2", "blk.{}.layer_output_norm"},
    {"pooler.dense", "cls"},
    {"classifier", "cls.output"},
    // What predicts masked words.
    {"cls.predictions", ""},
    {"cls.predictions.decoder", ""},
    {"cls.predictions.transform.dense", ""},
    {"cls.predictions.transform.layer_norm", ""},
    {"cls.predictions.transform.LayerNorm", ""},
};
// Those of transformers; then those of the checkpoints' own code, which are GPT-2's.
constexpr FieldRule kFields[] = {
    {"num_key_value_heads", kNotRead},
    {"tie_word_embeddings", kNotRead},
    {"is_causal", kNotRead},
    {"num_hidden_layers", "block_count", "12"},
    {"hidden_size", "embedding_length", "768"},
    {"num_attention_heads", "attention.head_count", "12"},
    {"intermediate_size", "feed_forward_length", "3072"},
    {"max_position_embeddings", "context_length", "2048"},
    {"type_vocab_size", "token_type_count", "2"},
    {"layer_norm_eps", "attention.layer_norm_epsilon", "1e-12"},
    {"hidden_act", "feed_forward.activation", "\"silu\""},
    {"n_layer", "block_count"},
    {"n_embd", "embedding_length"},
    {"n_head", "attention.head_count"},
    {"n_inner", "feed_forward_length"},
    {"n_positions", "context_length"},
    {"max_trained_positions", "context_length"},  // beyond it the scaling of RoPE would change
    {"layer_norm_epsilon", "attention.layer_norm_epsilon"},
    {"activation_function", "", "\"swiglu\""},
    {"prenorm", "", "false"},
    {"parallel_block", "", "false"},
    {"use_rms_norm", "", "false"},
    {"causal", "", "false"},
    {"rotary_emb_fraction", "", "1.0"},
    {"rotary_emb_interleaved", "", "false"},
    {"rotary_emb_scale_base", ""},
    {"qkv_proj_bias", "", "false"},
    {"mlp_fc1_bias", "", "false"},
    {"mlp_fc2_bias", "", "false"},
    {"num_experts", ""},
    {"is_decoder", ""},
};
constexpr PresenceRule kPresence[] = {
    {"token_types.weight", kInClass},           {"token_embd_norm.bias", kAlways},
    {"blk.{}.attn_qkv.weight", kInClass},       {"blk.{}.attn_output_norm.bias", kAlways},
    {"blk.{}.layer_output_norm.bias", kAlways}, {"cls.output.bias", kInClass},
};
constexpr std::string_view kTypes[] = {"nomic_bert"};

void AdaptNomicBert(HuggingFaceFields& fields) {
  if (fields.Has("rotary_emb_base")) {
    fields.Set("rope.freq_base", fields.Number("rotary_emb_base", 0), "rotary_emb_base");
  }
  ReadClassifierFields(fields);
}

}  // namespace

Result<Model> BuildNomicBert(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadEncoder(checkpoint, config, {});
  if (!c) return Fail(c.error());
  const uint64_t token_types = ReadTokenTypes(config);
  const ClassifierConfig head = ReadClassifier(config, Activation::kTanh);
  if (const Status read = config.status(); !read) return Fail(read.error());

  DecoderBuilder b(checkpoint, *c);
  Value x = b.Norm(AddTokenType(b, b.Embed(), token_types), "token_embd_norm");
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) {
    x = AddPostNormLayer(b, x, layer, {.rope = &c->rope, .gated = true});
  }
  return FinishEncoder(b, x, head);
}

const HuggingFaceNames kNomicBertNames{.model_types = kTypes,
                                       .fields = kFields,
                                       .tensors = kTensors,
                                       .presence = kPresence,
                                       .rope_theta = 1000,
                                       .adapt = AdaptNomicBert,
                                       .to_gguf = EncoderToGguf};

}  // namespace ingle
