#include "models/encoder.h"

#include "models/huggingface/gguf_form.h"

#include <algorithm>

namespace ingle {
namespace {

constexpr double kRank = 4;  // GGUF's pooling_type of models that score a text

constexpr uint32_t kMostLabels = 1u << 16;

LabelScores ReadScores(ConfigReader& config, size_t labels) {
  const std::string scores = config.Text("classifier.scores", "");
  if (scores == "sigmoid") return LabelScores::kSigmoid;
  if (scores == "raw") return LabelScores::kRaw;
  // One label alone holds or not.
  return scores.empty() && labels == 1 ? LabelScores::kSigmoid : LabelScores::kSoftmax;
}

// Files without names have as many labels as the last matrix has rows.
void NameLabels(const DecoderBuilder& b, Labels& labels) {
  if (!labels.names.empty()) return;
  const uint64_t rows = b.w.Elements("cls.output") / b.c.shape.width;
  for (uint64_t i = 0; i < std::min<uint64_t>(rows, kMostLabels); ++i) {
    labels.names.push_back(Cat("LABEL_", i));
  }
  if (rows == 1) labels.scores = LabelScores::kSigmoid;
}

}  // namespace

Result<DecoderConfig> ReadEncoder(const Checkpoint& checkpoint, ConfigReader& config,
                                  const DecoderDefaults& defaults,
                                  std::initializer_list<std::string_view> allowed) {
  DecoderDefaults encoder = defaults;
  encoder.rms_norm = false;
  auto c = ReadDecoder(checkpoint, config, encoder, allowed);
  if (!c) return c;
  if (config.Flag("attention.causal", false)) {
    config.Reject(ErrorCode::kUnsupported, "attention.causal",
                  "is set; the tokens of an encoder see each other both ways");
  }
  c->attention.causal = false;
  c->shape.task = Task::kEmbed;
  c->shape.whole_text = true;
  return c;
}

ClassifierConfig ReadClassifier(ConfigReader& config, Activation activation) {
  ClassifierConfig head;
  const bool ranks =
      config.Number("pooling_type", 0, kRank, 0) == kRank || config.Has("classifier.output_labels");
  const std::string task = config.Text("classifier.task", ranks ? "text" : "");
  if (task.empty()) return head;
  head.task = task == "text" ? Task::kClassifyText : Task::kClassifyTokens;
  head.activation = ReadActivation(config, "classifier.activation", activation);
  const std::string pooling = config.Text("classifier.pooling", "cls");
  head.mean = head.task == Task::kClassifyText && pooling == "mean";
  if (pooling != "cls" && pooling != "mean") {
    config.Reject(ErrorCode::kUnsupported, "classifier.pooling",
                  Cat("is ", Quote(pooling), "; known are cls and mean"));
  }
  head.labels.names = config.Texts("classifier.output_labels");
  head.labels.scores = ReadScores(config, head.labels.names.size());
  return head;
}

uint64_t ReadTokenTypes(ConfigReader& config) {
  return static_cast<uint64_t>(config.Number("token_type_count", 1, 1u << 16, 0));
}

Value AddTokenType(DecoderBuilder& b, Value x, uint64_t types) {
  if (!b.w.Has("token_types")) return x;
  const uint64_t width = b.c.shape.width;
  if (types == 0) types = std::max<uint64_t>(1, b.w.Elements("token_types") / width);
  return b.g.Add(x, b.w.FlatRows("token_types.weight", {types, width}, 0, 1));
}

SelfAttention EncoderAttention(const RopeAttributes* rope, uint32_t window) {
  return {.rope = rope, .window = window, .state = 0};
}

Value AddPostNormLayer(DecoderBuilder& b, Value x, uint32_t layer, const PostNormLayer& options) {
  const std::string blk = Cat("blk.", layer, ".");
  x = b.AddBlock(x, b.Attend(x, blk, layer, EncoderAttention(options.rope)));
  x = b.Norm(x, blk + "attn_output_norm");
  x = b.AddBlock(x, options.gated ? b.GatedFeedForward(x, blk) : b.FeedForward(x, blk));
  return b.Norm(x, blk + "layer_output_norm");
}

void EncoderToGguf(GgufForm& form) {
  form.Set("attention.causal", 0.0);
  form.Erase("headless");
  form.Erase("token_type_count");
  const std::string task = form.Text("classifier.task");
  if (task == "text") form.Set("pooling_type", kRank);
  if (task.empty()) {
    for (const char* key : {"classifier.activation", "classifier.pooling"}) form.Erase(key);
  }
}

Result<Model> FinishEncoder(DecoderBuilder& b, Value x, const ClassifierConfig& head) {
  const Value states = b.g.SelectRows(x, b.g.OutputRows());
  if (head.task == Task::kEmbed) {
    for (const char* name : {"cls", "cls.norm", "cls.output"}) {
      for (const char* part : {".weight", ".bias"}) b.Ignore(Cat(name, part));
    }
    return b.Finish(states, states);
  }
  const uint64_t width = b.c.shape.width;
  Value h = head.mean ? b.g.SelectRows(b.g.MeanRows(x), b.g.OutputRows()) : states;
  if (b.w.Has("cls")) h = b.g.Activate(head.activation, b.Linear(h, "cls", width, width));
  if (b.w.Has("cls.norm")) h = b.Norm(h, "cls.norm");
  Labels labels = head.labels;
  NameLabels(b, labels);
  auto model = b.Finish(b.Linear(h, "cls.output", labels.names.size(), width), states);
  if (!model) return model;
  model->shape.task = head.task;
  model->labels = std::move(labels);
  return model;
}

}  // namespace ingle
