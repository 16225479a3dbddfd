// What encoders have beyond the blocks of decoders (models/decoder.h): tokens that see each other
// both ways, and heads that classify.
#pragma once

#include "models/decoder.h"
#include "models/huggingface/names.h"

namespace ingle {

// A head over the last hidden states: answer(norm(activation(dense(x)))), of which only the last
// product is always there. Tensors: cls, cls.norm, cls.output.
struct ClassifierConfig {
  Task task = Task::kEmbed;  // kStates: there is no head
  bool mean = false;         // a text's x is the mean of its tokens, else the first
  Activation activation = Activation::kTanh;
  Labels labels;
};

// ReadDecoder, with layer norm and attention both ways.
Result<DecoderConfig> ReadEncoder(const Checkpoint& checkpoint, ConfigReader& config,
                                  const DecoderDefaults& defaults,
                                  std::initializer_list<std::string_view> allowed = {});

// Errors of fields stay in config. activation: where the file does not say.
ClassifierConfig ReadClassifier(ConfigReader& config, Activation activation);

// How many kinds of tokens there are; 0: as many as token_types has rows.
uint64_t ReadTokenTypes(ConfigReader& config);

// x + the first kind of token's embedding (tensor token_types, where there is one): texts come
// alone, not in pairs.
Value AddTokenType(DecoderBuilder& b, Value x, uint64_t types);

// The attention of every encoder's layer. All layers share a cache: nothing is kept of a text.
SelfAttention EncoderAttention(const RopeAttributes* rope = nullptr, uint32_t window = 0);

// A layer with its norms behind: after attention, and after the feed-forward network.
struct PostNormLayer {
  const RopeAttributes* rope = nullptr;
  bool gated = false;
};
Value AddPostNormLayer(DecoderBuilder& b, Value x, uint32_t layer, const PostNormLayer& options);

// The model that answers with x, the last hidden state of each token, or with what the head makes
// of it.
Result<Model> FinishEncoder(DecoderBuilder& b, Value x, const ClassifierConfig& head);

// For adapt functions: classifier.* from architectures, id2label and problem_type. The tensors of a
// head that the class does not have are left out: those of masked language models, which embed.
// dense_for_tokens: models for tokens have the dense layer that those for texts have.
void ReadClassifierFields(HuggingFaceFields& fields, bool dense_for_tokens);
void ReadClassifierFields(HuggingFaceFields& fields);  // they have none

// For to_gguf functions.
class GgufForm;
void EncoderToGguf(GgufForm& form);

}  // namespace ingle
