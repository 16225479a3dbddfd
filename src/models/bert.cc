// BERT (Devlin et al., arXiv 1810.04805) and what keeps its layers: MiniLM, BGE, RoBERTa and XLM-R,
// which number positions from the padding token on, and DistilBERT without kinds of tokens.
#include <algorithm>

#include "models/encoder.h"
#include "models/families.h"
#include "models/huggingface/fields.h"
#include "models/huggingface/gguf_form.h"

namespace ingle {
namespace {

constexpr TensorRule kBertTensors[] = {
    {"embeddings.word_embeddings", "token_embd"},
    {"embeddings.position_embeddings", "position_embd"},
    {"embeddings.token_type_embeddings", "token_types", TensorChange::kToF32},
    {"embeddings.LayerNorm", "token_embd_norm"},
    {"encoder.layer.{}.attention.self.query", "blk.{}.attn_q"},
    {"encoder.layer.{}.attention.self.key", "blk.{}.attn_k"},
    {"encoder.layer.{}.attention.self.value", "blk.{}.attn_v"},
    {"encoder.layer.{}.attention.output.dense", "blk.{}.attn_output"},
    {"encoder.layer.{}.attention.output.LayerNorm", "blk.{}.attn_output_norm"},
    {"encoder.layer.{}.intermediate.dense", "blk.{}.ffn_up"},
    {"encoder.layer.{}.output.dense", "blk.{}.ffn_down"},
    {"encoder.layer.{}.output.LayerNorm", "blk.{}.layer_output_norm"},
    {"pooler.dense", "cls"},
    {"classifier", "cls.output"},
    // As converters from TensorFlow wrote norms.
    {"embeddings.LayerNorm.gamma", "token_embd_norm.weight"},
    {"embeddings.LayerNorm.beta", "token_embd_norm.bias"},
    {"encoder.layer.{}.attention.output.LayerNorm.gamma", "blk.{}.attn_output_norm.weight"},
    {"encoder.layer.{}.attention.output.LayerNorm.beta", "blk.{}.attn_output_norm.bias"},
    {"encoder.layer.{}.output.LayerNorm.gamma", "blk.{}.layer_output_norm.weight"},
    {"encoder.layer.{}.output.LayerNorm.beta", "blk.{}.layer_output_norm.bias"},
    // 0, 1, 2 ...; and what predicts masked words and next sentences.
    {"embeddings.position_ids", ""},
    {"cls.predictions", ""},
    {"cls.predictions.decoder", ""},
    {"cls.predictions.transform.dense", ""},
    {"cls.predictions.transform.LayerNorm", ""},
    {"cls.predictions.transform.LayerNorm.gamma", ""},
    {"cls.predictions.transform.LayerNorm.beta", ""},
    {"cls.seq_relationship", ""},
};
constexpr FieldRule kBertFields[] = {
    {"num_key_value_heads", kNotRead},
    {"head_dim", kNotRead},
    {"tie_word_embeddings", kNotRead},
    {"is_causal", kNotRead},
    {"num_hidden_layers", "block_count", "12"},
    {"hidden_size", "embedding_length", "768"},
    {"num_attention_heads", "attention.head_count", "12"},
    {"intermediate_size", "feed_forward_length", "3072"},
    {"max_position_embeddings", "context_length", "512"},
    {"type_vocab_size", "token_type_count", "2"},
    {"layer_norm_eps", "attention.layer_norm_epsilon", "1e-12"},
    {"hidden_act", "feed_forward.activation", "\"gelu\""},
    {"position_embedding_type", "", "\"absolute\""},
    {"is_decoder", ""},
    {"add_cross_attention", ""},
};
constexpr PresenceRule kBertPresence[] = {
    {"token_types.weight", kInClass}, {"token_embd_norm.bias", kAlways}, {"blk.{}.*.bias", kAlways},
    {"cls.bias", kInClass},           {"cls.output.bias", kInClass},
};
constexpr std::string_view kBertTypes[] = {"bert"};

constexpr TensorRule kRobertaTensors[] = {
    {"embeddings.word_embeddings", "token_embd"},
    {"embeddings.position_embeddings", "position_embd"},
    {"embeddings.token_type_embeddings", "token_types", TensorChange::kToF32},
    {"embeddings.LayerNorm", "token_embd_norm"},
    {"encoder.layer.{}.attention.self.query", "blk.{}.attn_q"},
    {"encoder.layer.{}.attention.self.key", "blk.{}.attn_k"},
    {"encoder.layer.{}.attention.self.value", "blk.{}.attn_v"},
    {"encoder.layer.{}.attention.output.dense", "blk.{}.attn_output"},
    {"encoder.layer.{}.attention.output.LayerNorm", "blk.{}.attn_output_norm"},
    {"encoder.layer.{}.intermediate.dense", "blk.{}.ffn_up"},
    {"encoder.layer.{}.output.dense", "blk.{}.ffn_down"},
    {"encoder.layer.{}.output.LayerNorm", "blk.{}.layer_output_norm"},
    {"classifier.dense", "cls"},
    {"classifier.out_proj", "cls.output"},
    {"classifier", "cls.output"},
    {"pooler.dense", ""},
    {"embeddings.position_ids", ""},
    {"lm_head", ""},
    {"lm_head.dense", ""},
    {"lm_head.layer_norm", ""},
    {"lm_head.decoder", ""},
};
constexpr std::string_view kRobertaTypes[] = {"roberta", "xlm-roberta"};

constexpr TensorRule kDistilBertTensors[] = {
    {"embeddings.word_embeddings", "token_embd"},
    {"embeddings.position_embeddings", "position_embd"},
    {"embeddings.LayerNorm", "token_embd_norm"},
    {"transformer.layer.{}.attention.q_lin", "blk.{}.attn_q"},
    {"transformer.layer.{}.attention.k_lin", "blk.{}.attn_k"},
    {"transformer.layer.{}.attention.v_lin", "blk.{}.attn_v"},
    {"transformer.layer.{}.attention.out_lin", "blk.{}.attn_output"},
    {"transformer.layer.{}.sa_layer_norm", "blk.{}.attn_output_norm"},
    {"transformer.layer.{}.ffn.lin1", "blk.{}.ffn_up"},
    {"transformer.layer.{}.ffn.lin2", "blk.{}.ffn_down"},
    {"transformer.layer.{}.output_layer_norm", "blk.{}.layer_output_norm"},
    {"pre_classifier", "cls"},
    {"classifier", "cls.output"},
    {"embeddings.position_ids", ""},
    {"vocab_transform", ""},
    {"vocab_layer_norm", ""},
    {"vocab_projector", ""},
};
constexpr FieldRule kDistilBertFields[] = {
    {"num_key_value_heads", kNotRead},
    {"head_dim", kNotRead},
    {"tie_word_embeddings", kNotRead},
    {"is_causal", kNotRead},
    {"n_layers", "block_count", "6"},
    {"dim", "embedding_length", "768"},
    {"n_heads", "attention.head_count", "12"},
    {"num_hidden_layers", "block_count"},
    {"hidden_size", "embedding_length"},
    {"num_attention_heads", "attention.head_count"},
    {"hidden_dim", "feed_forward_length", "3072"},
    {"max_position_embeddings", "context_length", "512"},
    {"activation", "feed_forward.activation", "\"gelu\""},
};
constexpr PresenceRule kDistilBertPresence[] = {
    {"token_embd_norm.bias", kAlways},
    {"blk.{}.*.bias", kAlways},
    {"cls.bias", kInClass},
    {"cls.output.bias", kInClass},
};
constexpr std::string_view kDistilBertTypes[] = {"distilbert"};

void AdaptRoberta(HuggingFaceFields& fields) {
  const double padding = fields.Number("pad_token_id", 1);
  fields.Set("position_offset", padding + 1);
  fields.Set("context_length", fields.Key("context_length", 0) - padding - 1);
  ReadClassifierFields(fields);
}

void AdaptDistilBert(HuggingFaceFields& fields) {
  fields.Set("attention.layer_norm_epsilon", 1e-12);
  fields.Set("classifier.activation", "relu");
  ReadClassifierFields(fields);
}

// Files leave out the rows before the first position's.
void RobertaToGguf(GgufForm& form) {
  EncoderToGguf(form);
  const std::string name = "position_embd.weight";
  const PlacedTensor* positions = form.Find(name);
  if (positions == nullptr) return;
  const uint64_t width = positions->shape.columns();
  const uint64_t all = positions->shape.rows();
  const auto before = static_cast<uint64_t>(std::clamp(form.Key("position_offset", 0), 0.0, 1e6));
  if (before >= all) return form.Refuse(name, "has no row for the first position");
  std::vector<uint64_t> rows;
  for (uint64_t row = before; row < all; ++row) rows.push_back(row);
  form.Take(name, name, std::move(rows), width, {all - before, width});
  form.Erase("position_offset");
}

}  // namespace

Result<Model> BuildBert(const Checkpoint& checkpoint) {
  ConfigReader config(checkpoint);
  auto c = ReadEncoder(checkpoint, config, {.activation = Activation::kGelu, .rotates = false});
  if (!c) return Fail(c.error());
  // Rows before the first position's: of the padding token, and below it.
  const auto offset = static_cast<int32_t>(config.Number("position_offset", 0, 1u << 26, 0));
  const uint64_t token_types = ReadTokenTypes(config);
  const ClassifierConfig head = ReadClassifier(config, Activation::kTanh);
  if (const Status read = config.status(); !read) return Fail(read.error());
  c->shape.longest_context = c->shape.trained_context;
  if (offset > 0) c->shape.without_position = offset - 1;

  DecoderBuilder b(checkpoint, *c);
  const Value positions = b.w.Matrix(
      "position_embd", uint64_t{c->shape.trained_context} + static_cast<uint64_t>(offset),
      c->shape.width);
  Value x = AddTokenType(b, b.Embed(), token_types);
  x = b.g.Add(x, b.g.Embed(b.g.Positions(), positions, {offset}));
  x = b.Norm(x, "token_embd_norm");
  for (uint32_t layer = 0; layer < c->shape.layers; ++layer) x = AddPostNormLayer(b, x, layer, {});
  return FinishEncoder(b, x, head);
}

const HuggingFaceNames kBertNames{.model_types = kBertTypes,
                                  .fields = kBertFields,
                                  .tensors = kBertTensors,
                                  .presence = kBertPresence,
                                  .adapt = ReadClassifierFields,
                                  .to_gguf = EncoderToGguf};
const HuggingFaceNames kRobertaNames{.model_types = kRobertaTypes,
                                     .fields = kBertFields,
                                     .tensors = kRobertaTensors,
                                     .presence = kBertPresence,
                                     .adapt = AdaptRoberta,
                                     .to_gguf = RobertaToGguf};
const HuggingFaceNames kDistilBertNames{.model_types = kDistilBertTypes,
                                        .fields = kDistilBertFields,
                                        .tensors = kDistilBertTensors,
                                        .presence = kDistilBertPresence,
                                        .adapt = AdaptDistilBert,
                                        .to_gguf = EncoderToGguf};

}  // namespace ingle
