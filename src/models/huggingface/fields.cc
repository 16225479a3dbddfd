#include "models/huggingface/fields.h"

#include <algorithm>
#include <cmath>

#include "models/huggingface/rope_parameters.h"

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
    {"is_causal", "", "true"},
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

// What a rule's field has to be; its default shows it.
enum class Kind : uint8_t { kNumbers, kFlag, kWord };

Kind KindOf(const FieldRule& rule, const json& otherwise) {
  if (otherwise.is_string()) return Kind::kWord;
  return otherwise.is_boolean() || rule.key == "tied" ? Kind::kFlag : Kind::kNumbers;
}

std::string_view Wanted(Kind kind) {
  if (kind == Kind::kFlag) return "true or false is";
  return kind == Kind::kWord ? "a word is" : "a number is";
}

std::optional<HuggingFaceFields::Field> FieldOf(const json& value, Kind kind) {
  if (kind == Kind::kFlag) {
    if (!value.is_boolean()) return std::nullopt;
    return value.get<bool>() ? 1.0 : 0.0;
  }
  if (kind == Kind::kWord) {
    if (!value.is_string()) return std::nullopt;
    return value.get<std::string>();
  }
  if (value.is_number()) return value.get<double>();
  if (!value.is_array()) return std::nullopt;
  std::vector<double> list;
  for (const json& entry : value) {
    if (!entry.is_number()) return std::nullopt;
    list.push_back(entry.get<double>());
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
    Set("attention.value_length", head->second, NameOf("attention.key_length"));
  }
  if (!names.own_rope) ReadRope(StatedRope(*this), names, *this);
  if (IsHeadless(ClassName())) Set("headless", 1.0);
  if (names.adapt != nullptr) names.adapt(*this);
  for (const PresenceRule& rule : names.presence) Expect(rule);
  for (const PresenceRule& rule : kCommonPresence) Expect(rule);
  ExpectOutput();
}

void HuggingFaceFields::Read(const FieldRule& rule) {
  if (rule.key == kNotRead) return;
  if (!rule.key.empty()) names_.emplace(rule.key, rule.name);
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
  const Kind kind = KindOf(rule, otherwise);
  std::optional<Field> field = FieldOf(value, kind);
  if (!field) return RefuseType(rule.name, Wanted(kind));
  if (rule.key.ends_with(".activation") && kind == Kind::kWord) {
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

double HuggingFaceFields::Number(std::string_view name, double otherwise) {
  const json& value = (*this)[name];
  if (value.is_number()) return value.get<double>();
  if (!value.is_null()) RefuseType(name, Wanted(Kind::kNumbers));
  return otherwise;
}

bool HuggingFaceFields::Flag(std::string_view name, bool otherwise) {
  const json& value = (*this)[name];
  if (value.is_boolean()) return value.get<bool>();
  if (!value.is_null()) RefuseType(name, Wanted(Kind::kFlag));
  return otherwise;
}

std::vector<std::string> HuggingFaceFields::Texts(std::string_view name) {
  std::vector<std::string> texts;
  const json& value = (*this)[name];
  if (!value.is_array() && !value.is_null()) RefuseType(name, "a list of words is");
  if (!value.is_array()) return texts;
  for (const json& entry : value) {
    if (!entry.is_string()) RefuseType(name, "a list of words is");
    texts.push_back(entry.is_string() ? entry.get<std::string>() : std::string());
  }
  return texts;
}

std::string HuggingFaceFields::ClassName() const {
  const json& classes = (*this)["architectures"];
  const bool named = classes.is_array() && !classes.empty() && classes[0].is_string();
  return named ? classes[0].get<std::string>() : std::string();
}

double HuggingFaceFields::Key(std::string_view key, double otherwise) const {
  const auto found = fields_.find(key);
  if (found == fields_.end() || !std::holds_alternative<double>(found->second)) return otherwise;
  return std::get<double>(found->second);
}

size_t HuggingFaceFields::Layers() const {
  return static_cast<size_t>(std::clamp(Key("block_count", 0), 0.0, 1024.0));
}

void HuggingFaceFields::Set(std::string_view key, Field field, std::string_view name) {
  if (!name.empty()) names_[std::string(key)] = name;
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

void HuggingFaceFields::RefuseType(std::string_view name, std::string_view wanted) {
  Refuse(name, Cat("is ", Shortened((*this)[name]), ", where ", wanted, " needed"));
}

std::vector<std::string> ReadLayerTypes(HuggingFaceFields& fields,
                                        std::initializer_list<std::string_view> known,
                                        std::string_view name) {
  std::vector<std::string> types = fields.Texts(name);
  if (fields.Has(name) && types.size() != fields.Layers()) {
    fields.Refuse(name, Cat("has ", types.size(), " entries for ", fields.Layers(), " layers"));
    return {};
  }
  for (std::string& type : types) {
    // As older files say it.
    if (type == "attention") type = "full_attention";
    if (type == "mamba") type = "linear_attention";
    if (std::find(known.begin(), known.end(), type) != known.end()) continue;
    std::string names;
    for (const std::string_view word : known) names += Cat(names.empty() ? "" : " and ", word);
    fields.Refuse(name, Cat("has ", Quote(type), "; known are ", names));
  }
  return types;
}

void SetWindows(HuggingFaceFields& fields, std::vector<double> otherwise) {
  std::vector<double> slides;
  for (const std::string& type : ReadLayerTypes(fields, {"full_attention", "sliding_attention"})) {
    slides.push_back(type == "sliding_attention" ? 1 : 0);
  }
  if (slides.empty()) slides = std::move(otherwise);
  const bool windows = std::find(slides.begin(), slides.end(), 1.0) != slides.end();
  if (fields.Key("attention.sliding_window", 0) == 0) {
    if (!windows) return;
    return fields.Refuse(fields.NameOf("attention.sliding_window"),
                         "gives no width to the window that some layers see");
  }
  fields.Set("attention.sliding_window_pattern", std::move(slides), "layer_types");
}

void RefuseZeros(std::initializer_list<std::string_view> names, HuggingFaceFields& fields) {
  for (const std::string_view name : names) {
    if (fields.Number(name, 1) == 0) fields.Refuse(name, "is 0, where another number is needed");
  }
}

std::vector<double> AllButEvery(double period, const HuggingFaceFields& fields) {
  std::vector<double> layers;
  for (size_t layer = 1; layer <= fields.Layers(); ++layer) {
    layers.push_back(std::fmod(static_cast<double>(layer), period) != 0 ? 1 : 0);
  }
  return layers;
}

}  // namespace ingle
