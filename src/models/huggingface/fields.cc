#include "models/huggingface/fields.h"

#include <algorithm>

namespace ingle {
namespace {

using nlohmann::json;

constexpr FieldRule kCommonFields[] = {
    {"num_hidden_layers", "block_count"},
    {"hidden_size", "embedding_length"},
    {"intermediate_size", "feed_forward_length"},
    {"num_attention_heads", "attention.head_count"},
    {"num_key_value_heads", "attention.head_count_kv"},
    {"head_dim", "attention.key_length"},
    {"max_position_embeddings", "context_length"},
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", "1e-6"},
    {"vocab_size", "vocab_size"},
    {"hidden_act", "feed_forward.activation", "\"silu\""},
    {"tie_word_embeddings", "tied", "false"},
};

// Newer checkpoints have the experts of a layer in one tensor.
constexpr PresenceRule kCommonPresence[] = {{"blk.{}.ffn_gate_up_exps.weight", kEitherWay}};

}  // namespace

std::string_view ActivationName(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"silu", "silu"},
      {"swish", "silu"},
      {"gelu", "gelu"},
      {"gelu_python", "gelu"},
      {"gelu_new", "gelu_tanh"},
      {"gelu_fast", "gelu_tanh"},
      {"gelu_pytorch_tanh", "gelu_tanh"},
      {"quick_gelu", "gelu_quick"},
      {"relu", "relu"},
      {"relu2", "relu_squared"},
      {"sigmoid", "sigmoid"},
      {"tanh", "tanh"},
  };
  for (const auto& [theirs, ours] : kNames) {
    if (theirs == name) return ours;
  }
  return name;  // refused where it is read
}

namespace {

std::optional<HuggingFaceFields::Field> FieldOf(const json& value) {
  if (value.is_boolean()) return value.get<bool>() ? 1.0 : 0.0;
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return std::nullopt;
  std::vector<double> list;
  for (const json& entry : value) {
    if (entry.is_boolean()) {
      list.push_back(entry.get<bool>() ? 1 : 0);
    } else if (entry.is_number()) {
      list.push_back(entry.get<double>());
    } else {
      return std::nullopt;
    }
  }
  return list;
}

std::string Shortened(const json& value) {
  std::string text = value.is_structured() && value.size() > 16 ? "a long list" : value.dump();
  if (text.size() > 80) text = text.substr(0, 77) + "...";
  return text;
}

bool Overrides(const HuggingFaceNames& names, const FieldRule& common) {
  return std::any_of(names.fields.begin(), names.fields.end(), [&](const FieldRule& rule) {
    return rule.name == common.name || (!rule.key.empty() && rule.key == common.key);
  });
}

// "Qwen3Model" gives states, "Qwen3ForCausalLM" and "GPT2LMHeadModel" logits.
bool IsHeadless(std::string_view class_name) {
  return class_name.ends_with("Model") && !class_name.ends_with("LMHeadModel");
}

}  // namespace

HuggingFaceFields::HuggingFaceFields(json config, const HuggingFaceNames& names)
    : config_(std::move(config)) {
  for (const FieldRule& rule : kCommonFields) {
    if (!Overrides(names, rule)) Read(rule);
  }
  for (const FieldRule& rule : names.fields) Read(rule);
  if (const auto head = fields_.find("attention.key_length"); head != fields_.end()) {
    Set("attention.value_length", head->second);
  }
  const json& parameters =
      (*this)["rope_parameters"].is_object() ? (*this)["rope_parameters"] : (*this)["rope_scaling"];
  ReadRopeParameters(parameters, names, *this);
  if (IsHeadless(ClassName())) Set("headless", 1.0);
  if (names.adapt != nullptr) names.adapt(*this);
  for (const PresenceRule& rule : names.presence) Expect(rule);
  for (const PresenceRule& rule : kCommonPresence) Expect(rule);
  ExpectOutput();
}

void HuggingFaceFields::Read(const FieldRule& rule) {
  if (rule.key == kNotRead) return;
  const json otherwise =
      rule.otherwise.empty() ? json() : json::parse(rule.otherwise, nullptr, false);
  // null switches something off, or leaves it to the class.
  const bool off_by_null = IsNull(rule.name) && !rule.key.empty() && rule.null_is_off;
  const json& value = Has(rule.name) || off_by_null ? (*this)[rule.name] : otherwise;
  if (rule.key.empty()) {
    const bool off = value.is_null() || value == otherwise ||
                     (value.is_boolean() && !value.get<bool>() && otherwise.is_null());
    if (!off) {
      Refuse(rule.name, Cat("is ", Shortened(value), ", which Ingle cannot compute",
                            otherwise.is_null() ? "" : Cat("; ", otherwise.dump(), " would do")));
    }
    return;
  }
  if (value.is_null()) return;
  std::optional<Field> field = FieldOf(value);
  if (!field) {
    Refuse(rule.name, Cat("is ", Shortened(value), ", where a number or a word is needed"));
    return;
  }
  if (rule.key.ends_with(".activation") && std::holds_alternative<std::string>(*field)) {
    field = std::string(ActivationName(std::get<std::string>(*field)));
  }
  names_[std::string(rule.key)] = rule.name;
  Set(rule.key, *std::move(field));
}

void HuggingFaceFields::Expect(std::string_view tensor, const std::vector<bool>& layers,
                               std::string_view field) {
  std::vector<Presence> by_layer;
  for (const bool there : layers) by_layer.push_back(there ? Presence::kThere : Presence::kAbsent);
  expected_.Add(
      tensor, std::move(by_layer),
      Has(field) ? Cat(field, " is ", Shortened((*this)[field])) : Cat(field, " is not set"));
}

void HuggingFaceFields::Expect(const PresenceRule& rule) {
  if (rule.field == kEitherWay) return expected_.Add(rule.tensor, {Presence::kEither}, "");
  if (rule.field == kAlways || rule.field == kInClass) {
    return expected_.Add(rule.tensor, {Presence::kThere}, "");
  }
  const bool is = Flag(rule.field, rule.otherwise);
  expected_.Add(rule.tensor, {is == rule.when ? Presence::kThere : Presence::kAbsent},
                Stating(rule.field, is));
}

// A checkpoint that ties the output to the embedding may hold both all the same.
void HuggingFaceFields::ExpectOutput() {
  const bool tied = Key("tied", 0) != 0;
  expected_.Add("output.weight", {tied ? Presence::kEither : Presence::kThere},
                Stating(NameOf("tied"), tied));
}

// "attention_bias is true"
std::string HuggingFaceFields::Stating(std::string_view name, bool value) const {
  return Cat(name, value ? " is true" : " is false", Has(name) ? "" : " by default");
}

std::string HuggingFaceFields::NameOf(std::string_view key) const {
  const auto found = names_.find(key);
  return found == names_.end() ? std::string(key) : found->second;
}

Status HuggingFaceFields::status() const {
  if (error_) return Fail(*error_);
  return {};
}

bool HuggingFaceFields::Has(std::string_view name) const { return !(*this)[name].is_null(); }

bool HuggingFaceFields::IsNull(std::string_view name) const {
  const auto found = config_.find(std::string(name));
  return found != config_.end() && found->is_null();
}

const json& HuggingFaceFields::operator[](std::string_view name) const {
  static const json kNull;
  const auto found = config_.find(std::string(name));
  return found == config_.end() ? kNull : *found;
}

double HuggingFaceFields::Number(std::string_view name, double otherwise) const {
  const json& value = (*this)[name];
  return value.is_number() ? value.get<double>() : otherwise;
}

bool HuggingFaceFields::Flag(std::string_view name, bool otherwise) const {
  const json& value = (*this)[name];
  return value.is_boolean() ? value.get<bool>() : otherwise;
}

std::vector<std::string> HuggingFaceFields::Texts(std::string_view name) const {
  std::vector<std::string> texts;
  const json& value = (*this)[name];
  if (!value.is_array()) return texts;
  for (const json& entry : value) {
    texts.push_back(entry.is_string() ? entry.get<std::string>() : std::string());
  }
  return texts;
}

std::string HuggingFaceFields::ClassName() const {
  const std::vector<std::string> classes = Texts("architectures");
  return classes.empty() ? "" : classes[0];
}

double HuggingFaceFields::Key(std::string_view key, double otherwise) const {
  const auto found = fields_.find(key);
  if (found == fields_.end() || !std::holds_alternative<double>(found->second)) return otherwise;
  return std::get<double>(found->second);
}

void HuggingFaceFields::Set(std::string_view key, Field field) {
  fields_.insert_or_assign(std::string(key), std::move(field));
}

void HuggingFaceFields::Erase(std::string_view key) {
  if (const auto found = fields_.find(key); found != fields_.end()) fields_.erase(found);
}

void HuggingFaceFields::AddTensor(const std::string& name, std::vector<float> values) {
  tensors_[name] = std::move(values);
}

void HuggingFaceFields::Refuse(std::string_view name, std::string_view problem) {
  if (!error_) error_ = Error(ErrorCode::kUnsupported, Cat("field ", name, " ", problem));
}

void ReadLayerTypes(HuggingFaceFields& fields) {
  if (!fields.Has("layer_types")) return;
  std::vector<double> slides;
  for (const std::string& type : fields.Texts("layer_types")) {
    if (type != "sliding_attention" && type != "full_attention") {
      return fields.Refuse("layer_types", Cat("has ", Quote(type),
                                              "; known are "
                                              "full_attention and sliding_attention"));
    }
    slides.push_back(type == "sliding_attention" ? 1 : 0);
  }
  fields.Set("attention.sliding_window_pattern", std::move(slides));
}

}  // namespace ingle
