#include <charconv>

#include "models/encoder.h"
#include "models/huggingface/fields.h"

namespace ingle {
namespace {

using nlohmann::json;

constexpr double kMostLabels = 1 << 16;

std::string LabelOf(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// id2label, {"0": "sad", "1": "glad"}, in the order of its numbers.
void ReadLabelNames(HuggingFaceFields& fields) {
  const json& listed = fields["id2label"];
  std::vector<std::string> names;
  if (!listed.is_object()) {
    const double count = fields.Number("num_labels", 2);
    if (!(count >= 1 && count <= kMostLabels)) {
      return fields.Refuse("num_labels", Cat("is ", count, ", outside 1 to ", kMostLabels));
    }
    for (int i = 0; i < count; ++i) names.push_back(Cat("LABEL_", i));
    return fields.Set("classifier.output_labels", std::move(names));
  }
  names.resize(listed.size());
  for (const auto& [key, name] : listed.items()) {
    size_t number = names.size();
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
    if (error != std::errc() || end != key.data() + key.size() || number >= names.size()) {
      return fields.Refuse("id2label", Cat("has ", Quote(key), ", where numbers from 0 to ",
                                           names.size() - 1, " are needed"));
    }
    names[number] = LabelOf(name);
  }
  fields.Set("classifier.output_labels", std::move(names));
}

void ReadProblemType(HuggingFaceFields& fields) {
  const json& type = fields["problem_type"];
  if (type.is_null() || type == "single_label_classification") return;
  if (type == "multi_label_classification") return fields.Set("classifier.scores", "sigmoid");
  if (type == "regression") return fields.Set("classifier.scores", "raw");
  fields.Refuse("problem_type", Cat("is ", type.dump(),
                                    "; known are single_label_classification, "
                                    "multi_label_classification and regression"));
}

}  // namespace

void ReadClassifierFields(HuggingFaceFields& fields) { ReadClassifierFields(fields, false); }

void ReadClassifierFields(HuggingFaceFields& fields, bool dense_for_tokens) {
  const std::string name = fields.ClassName();
  const bool text = name.ends_with("ForSequenceClassification");
  if (text || name.ends_with("ForTokenClassification")) {
    fields.Set("classifier.task", text ? "text" : "tokens");
    ReadLabelNames(fields);
    // Older files of models for tokens have the dense layer of models for texts all the same.
    const bool dense = text || dense_for_tokens;
    fields.Expect("cls.weight", {dense}, "architectures");
    if (!dense) fields.IgnoreTensor("cls");
    if (text) return ReadProblemType(fields);
    // Of a token one label holds, however few there are.
    return fields.Set("classifier.scores", "softmax");
  }
  for (const char* tensor : {"cls", "cls.norm", "cls.output"}) fields.IgnoreTensor(tensor);
  for (const char* known : {"Model", "ForMaskedLM", "ForPreTraining"}) {
    if (name.empty() || name.ends_with(known)) return;
  }
  fields.Refuse("architectures", Cat("has ", Quote(name),
                                     "; of encoders, models without a head and those for sequence "
                                     "and token classification are known"));
}

}  // namespace ingle
