#include "models/huggingface/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "models/huggingface/fields.h"
#include "models/huggingface/tensor_changes.h"

namespace ingle {
namespace {

using nlohmann::json;

constexpr size_t kLongestConfig = size_t{16} << 20;

// What classes put before the names of the model itself.
constexpr std::string_view kPrefixes[] = {"model.language_model.",
                                          "language_model.model.",
                                          "language_model.",
                                          "model.",
                                          "transformer.",
                                          "gpt_neox.",
                                          "backbone.",
                                          "bert.",
                                          "roberta.",
                                          "distilbert."};

constexpr TensorRule kCommonTensors[] = {
    {"embed_tokens", "token_embd"},
    {"norm", "output_norm"},
    {"lm_head", "output"},
    {"layers.{}.input_layernorm", "blk.{}.attn_norm"},
    {"layers.{}.post_attention_layernorm", "blk.{}.ffn_norm"},
    {"layers.{}.self_attn.q_proj", "blk.{}.attn_q"},
    {"layers.{}.self_attn.k_proj", "blk.{}.attn_k"},
    {"layers.{}.self_attn.v_proj", "blk.{}.attn_v"},
    {"layers.{}.self_attn.o_proj", "blk.{}.attn_output"},
    {"layers.{}.self_attn.q_norm", "blk.{}.attn_q_norm"},
    {"layers.{}.self_attn.k_norm", "blk.{}.attn_k_norm"},
    {"layers.{}.mlp.gate_proj", "blk.{}.ffn_gate"},
    {"layers.{}.mlp.up_proj", "blk.{}.ffn_up"},
    {"layers.{}.mlp.down_proj", "blk.{}.ffn_down"},
    {"layers.{}.self_attn.rotary_emb.inv_freq", ""},
    {"rotary_emb.inv_freq", ""},
};

// The numbers at the pattern's {}, if the name is like it.
std::optional<std::vector<std::string_view>> Match(std::string_view pattern,
                                                   std::string_view name) {
  std::vector<std::string_view> numbers;
  while (true) {
    const size_t hole = pattern.find("{}");
    if (hole == std::string_view::npos) break;
    if (name.substr(0, hole) != pattern.substr(0, hole)) return std::nullopt;
    name.remove_prefix(hole);
    pattern.remove_prefix(hole + 2);
    const size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
    if (digits == 0 || digits > 5) return std::nullopt;
    numbers.push_back(name.substr(0, digits));
    name.remove_prefix(digits);
  }
  if (name != pattern) return std::nullopt;
  return numbers;
}

std::string Fill(std::string_view pattern, const std::vector<std::string_view>& numbers) {
  std::string filled;
  for (size_t i = 0; !pattern.empty(); ++i) {
    const size_t hole = pattern.find("{}");
    filled += pattern.substr(0, hole);
    if (hole == std::string_view::npos) break;
    if (i < numbers.size()) filled += numbers[i];
    pattern.remove_prefix(hole + 2);
  }
  return filled;
}

struct Place {
  std::string name;  // empty: nothing that computes
  TensorChange change;
};

// Where a tensor goes; nothing if no rule knows it.
std::optional<Place> PlaceOf(std::string_view name, const HuggingFaceNames& names) {
  std::string_view suffix;
  std::string_view stem = name;
  for (const std::string_view end : {std::string_view(".weight"), std::string_view(".bias")}) {
    if (!stem.ends_with(end)) continue;
    stem.remove_suffix(end.size());
    suffix = end;
    break;
  }
  for (const std::span<const TensorRule> rules :
       {names.tensors, std::span<const TensorRule>(kCommonTensors)}) {
    for (const TensorRule& rule : rules) {
      for (const bool whole : {false, true}) {
        const auto numbers = Match(rule.name, whole ? name : stem);
        if (!numbers) continue;
        if (rule.to.empty()) return Place{"", rule.change};
        return Place{Cat(Fill(rule.to, *numbers), whole ? "" : suffix), rule.change};
      }
    }
  }
  return std::nullopt;
}

std::optional<Place> FindPlace(std::string_view name, const HuggingFaceNames& names) {
  if (auto place = PlaceOf(name, names)) return place;
  for (const std::string_view prefix : kPrefixes) {
    if (!name.starts_with(prefix)) continue;
    if (auto place = PlaceOf(name.substr(prefix.size()), names)) return place;
  }
  return std::nullopt;
}

// Parts of a larger checkpoint that text does without: what sees and hears, what predicts further
// tokens.
bool IsOfAnotherPart(std::string_view name) {
  if (name.starts_with("model.")) name.remove_prefix(6);
  for (const std::string_view part : {"visual.", "vision_tower.", "multi_modal_projector.",
                                      "embed_vision.", "audio_tower.", "embed_audio.", "mtp."}) {
    if (name.starts_with(part)) return true;
  }
  return false;
}

bool IsFloat(DType type) {
  return type == DType::kF32 || type == DType::kF16 || type == DType::kBF16;
}

class HuggingFaceCheckpoint final : public Checkpoint {
 public:
  HuggingFaceCheckpoint(const Architecture& architecture, HuggingFaceFields fields,
                        HuggingFaceFiles files)
      : architecture_(architecture), fields_(std::move(fields)), files_(std::move(files)) {}

  Status PlaceTensors();

  std::string_view architecture() const override { return architecture_.name; }
  const std::string& name() const override { return files_.name; }
  std::string FieldName(std::string_view key) const override { return fields_.NameOf(key); }

  Result<std::optional<uint64_t>> Uint(std::string_view key) const override {
    const double* number = Find<double>(key);
    if (number == nullptr) return WrongKind<uint64_t>(key, "a count");
    if (!(*number >= 0 && *number <= 9e15) || std::floor(*number) != *number) {
      return Fail(ErrorCode::kCorrupt, "field ", FieldName(key), " is ", *number,
                  ", where a count is needed");
    }
    return std::optional(static_cast<uint64_t>(*number));
  }
  Result<std::optional<double>> Float(std::string_view key) const override {
    const double* number = Find<double>(key);
    if (number == nullptr) return WrongKind<double>(key, "a number");
    return std::optional(*number);
  }
  Result<std::optional<std::string>> String(std::string_view key) const override {
    const std::string* text = Find<std::string>(key);
    if (text == nullptr) return WrongKind<std::string>(key, "a word");
    return std::optional(*text);
  }
  Result<std::optional<std::vector<int64_t>>> Ints(std::string_view key) const override {
    if (const double* number = Find<double>(key)) {
      return std::optional(std::vector<int64_t>{static_cast<int64_t>(*number)});
    }
    const auto* list = Find<std::vector<double>>(key);
    if (list == nullptr) return WrongKind<std::vector<int64_t>>(key, "a list of numbers");
    std::vector<int64_t> ints;
    for (const double number : *list) {
      if (!(std::fabs(number) <= 9e15)) {
        return Fail(ErrorCode::kCorrupt, "field ", FieldName(key), " holds ", number);
      }
      ints.push_back(static_cast<int64_t>(number));
    }
    return std::optional(std::move(ints));
  }
  Result<std::optional<std::vector<std::string>>> Strings(std::string_view key) const override {
    const auto* list = Find<std::vector<std::string>>(key);
    if (list == nullptr) return WrongKind<std::vector<std::string>>(key, "a list of words");
    return std::optional(*list);
  }

  Result<std::optional<std::vector<double>>> Floats(std::string_view key) const override {
    if (const double* number = Find<double>(key)) {
      return std::optional(std::vector<double>{*number});
    }
    const auto* list = Find<std::vector<double>>(key);
    if (list == nullptr) return WrongKind<std::vector<double>>(key, "a list of numbers");
    return std::optional(*list);
  }

  bool HasTensor(std::string_view tensor) const override { return tensors_.contains(tensor); }
  std::vector<std::string> RequiredTensors() const override { return required_; }
  Result<TensorView> Tensor(std::string_view tensor) const override {
    const auto found = tensors_.find(tensor);
    if (found == tensors_.end()) {
      return Fail(ErrorCode::kNotFound, "tensor ", Quote(tensor), " is missing");
    }
    return found->second.view;
  }

 private:
  template <class T>
  const T* Find(std::string_view key) const {
    const auto found = fields_.fields().find(key);
    return found == fields_.fields().end() ? nullptr : std::get_if<T>(&found->second);
  }
  template <class T>
  Result<std::optional<T>> WrongKind(std::string_view key, std::string_view wanted) const {
    if (!fields_.fields().contains(key)) return std::optional<T>();
    return Fail(ErrorCode::kCorrupt, "field ", FieldName(key), " is not ", wanted);
  }
  HeadLayout Heads() const;
  Status PlaceTensor(const NamedTensor& tensor);
  Status AddFieldTensors();
  Status StackHeadNorms();
  Status MergeMxfp4Parts();
  Status CheckOutput();
  void LeaveOut(const std::string& tensor);

  const Architecture& architecture_;
  HuggingFaceFields fields_;
  HuggingFaceFiles files_;
  std::map<std::string, ChangedTensor, std::less<>> tensors_;
  std::vector<std::string> required_;
};

HeadLayout HuggingFaceCheckpoint::Heads() const {
  const double heads = fields_.Key("attention.head_count", 1);
  const double kv_heads = fields_.Key("attention.head_count_kv", heads);
  const double width = fields_.Key("embedding_length", 0);
  const auto count = [](double x) {
    return x >= 1 && x <= 1e6 ? static_cast<uint64_t>(x) : uint64_t{1};
  };
  HeadLayout layout;
  layout.kv_heads = count(kv_heads);
  layout.group = std::max<uint64_t>(1, count(heads) / layout.kv_heads);
  layout.size = count(fields_.Key("attention.key_length", std::floor(width / heads)));
  return layout;
}

Status HuggingFaceCheckpoint::PlaceTensor(const NamedTensor& tensor) {
  const auto place = FindPlace(tensor.name, *architecture_.hugging_face);
  if (!place && IsOfAnotherPart(tensor.name)) return {};
  if (!place) {
    return Fail(ErrorCode::kUnsupported, "tensor ", Quote(tensor.name), " is none that a model of ",
                "the architecture ", architecture_.name, " has");
  }
  if (place->name.empty()) return {};
  const bool bytes = place->change == TensorChange::kMxfp4Part;
  if (!tensor.view || (!bytes && !IsFloat(tensor.view->type))) {
    return Fail(ErrorCode::kUnsupported, "tensor ", Quote(tensor.name), " is ", tensor.dtype,
                "; F32, F16 and BF16 can be computed with");
  }
  auto changed = ChangeTensor(*tensor.view, place->change, Heads());
  if (!changed) return Fail(changed.error(), "tensor ", Quote(tensor.name));
  if (!tensors_.emplace(place->name, std::move(*changed)).second) {
    return Fail(ErrorCode::kCorrupt, "tensor ", Quote(tensor.name), " is there twice");
  }
  required_.push_back(place->name);
  return {};
}

Status HuggingFaceCheckpoint::AddFieldTensors() {
  for (const auto& [name, values] : fields_.tensors()) {
    const TensorView view{
        DType::kF32, {values.size()}, reinterpret_cast<const std::byte*>(values.data())};
    tensors_.insert_or_assign(name, ChangedTensor{view, nullptr});
  }
  return {};
}

void HuggingFaceCheckpoint::LeaveOut(const std::string& tensor) {
  if (tensors_.erase(tensor) > 0) std::erase(required_, tensor);
}

// config.json decides whether the output is the embedding; files may hold both all the same.
Status HuggingFaceCheckpoint::CheckOutput() {
  if (fields_.Key("tied", 0) != 0) LeaveOut("output.weight");
  for (const std::string& stem : fields_.ignored_tensors()) {
    LeaveOut(stem + ".weight");
    LeaveOut(stem + ".bias");
  }
  return {};
}

// Vectors NAME.0.weight, NAME.1.weight ... of norms with a weight for each head: one vector
// NAME.weight.
Status HuggingFaceCheckpoint::StackHeadNorms() {
  std::map<std::string, std::map<int, ChangedTensor>> stacks;
  for (auto it = tensors_.begin(); it != tensors_.end();) {
    const std::string_view stem = std::string_view(it->first).substr(0, it->first.rfind('.'));
    const size_t dot = stem.rfind('.');
    const bool numbered = it->first.ends_with(".weight") &&
                          it->first.find("_norm.") != std::string::npos &&
                          it->second.view.shape.rank() == 1 && dot != std::string_view::npos &&
                          stem.find_first_not_of("0123456789", dot + 1) == std::string_view::npos;
    if (!numbered) {
      ++it;
      continue;
    }
    const int head = std::stoi(std::string(stem.substr(dot + 1)));
    stacks[std::string(stem.substr(0, dot))].emplace(head, std::move(it->second));
    std::erase(required_, it->first);
    it = tensors_.erase(it);
  }
  for (auto& [name, parts] : stacks) {
    auto stack = StackVectors(parts);
    if (!stack) return Fail(stack.error(), "tensor ", Quote(name));
    required_.push_back(name + ".weight");
    tensors_.emplace(name + ".weight", std::move(*stack));
  }
  return {};
}

Status HuggingFaceCheckpoint::MergeMxfp4Parts() {
  constexpr std::string_view kParts[] = {".blocks", ".scales"};
  std::set<std::string> stems;
  for (const auto& [name, tensor] : tensors_) {
    for (const std::string_view part : kParts) {
      if (name.ends_with(part)) stems.insert(name.substr(0, name.size() - part.size()));
    }
  }
  for (const std::string& stem : stems) {
    const auto blocks = tensors_.find(Cat(stem, kParts[0]));
    const auto scales = tensors_.find(Cat(stem, kParts[1]));
    if (blocks == tensors_.end() || scales == tensors_.end()) {
      return Fail(ErrorCode::kCorrupt, "tensor ", Quote(stem), " has blocks without scales, or ",
                  "scales without blocks");
    }
    auto merged = MergeMxfp4(blocks->second.view, scales->second.view);
    if (!merged) return Fail(merged.error(), "tensor ", Quote(stem));
    for (const auto& part : {blocks, scales}) {
      std::erase(required_, part->first);
      tensors_.erase(part);
    }
    required_.push_back(stem + ".weight");
    if (!tensors_.emplace(stem + ".weight", *std::move(merged)).second) {
      return Fail(ErrorCode::kCorrupt, "tensor ", Quote(stem), " is there twice");
    }
  }
  return {};
}

Status HuggingFaceCheckpoint::PlaceTensors() {
  for (const NamedTensor& tensor : files_.tensors) {
    if (const Status placed = PlaceTensor(tensor); !placed) return placed;
  }
  if (const Status stacked = StackHeadNorms(); !stacked) return stacked;
  if (const Status merged = MergeMxfp4Parts(); !merged) return merged;
  if (const Status added = AddFieldTensors(); !added) return added;
  return CheckOutput();
}

// The part of config.json that describes the language model.
json LanguagePart(json config) {
  const auto text = config.find("text_config");
  if (text == config.end() || !text->is_object()) return config;
  json part = *text;
  for (const char* name : {"tie_word_embeddings"}) {
    if (!part.contains(name) && config.contains(name)) part[name] = config[name];
  }
  return part;
}

// Python writes what JSON has no word for: it becomes the largest of numbers, or null.
std::string WithoutInfinity(std::string_view text) {
  std::string plain;
  bool quoted = false;
  while (!text.empty()) {
    if (!quoted && text.starts_with("Infinity")) {
      plain += "1e308";
      text.remove_prefix(8);
    } else if (!quoted && text.starts_with("NaN")) {
      plain += "null";
      text.remove_prefix(3);
    } else {
      const size_t taken = quoted && text[0] == '\\' ? std::min<size_t>(2, text.size()) : 1;
      if (text[0] == '"') quoted = !quoted;
      plain += text.substr(0, taken);
      text.remove_prefix(taken);
    }
  }
  return plain;
}

const Architecture* FindByModelType(std::string_view type) {
  for (const Architecture& architecture : Architectures()) {
    if (architecture.hugging_face == nullptr) continue;
    const auto types = architecture.hugging_face->model_types;
    if (std::find(types.begin(), types.end(), type) != types.end()) return &architecture;
  }
  return nullptr;
}

std::string KnownTypes() {
  std::string known;
  for (const Architecture& architecture : Architectures()) {
    if (architecture.hugging_face == nullptr) continue;
    for (const std::string_view type : architecture.hugging_face->model_types) {
      known += Cat(known.empty() ? "" : ", ", type);
    }
  }
  return known;
}

}  // namespace

Result<std::unique_ptr<Checkpoint>> MakeHuggingFaceCheckpoint(HuggingFaceFiles files) {
  const std::string where = Cat(files.name, "/config.json");
  if (files.config_json.size() > kLongestConfig) {
    return Fail(ErrorCode::kTooLarge, where, " has ", files.config_json.size(), " bytes; at most ",
                kLongestConfig, " are read");
  }
  json config = json::parse(WithoutInfinity(files.config_json), nullptr, false);
  if (!config.is_object()) return Fail(ErrorCode::kCorrupt, where, " is not a JSON object");
  config = LanguagePart(std::move(config));
  const auto type = config.find("model_type");
  if (type == config.end() || !type->is_string()) {
    return Fail(ErrorCode::kCorrupt, where, ": field model_type is missing");
  }
  const Architecture* architecture = FindByModelType(type->get<std::string>());
  if (architecture == nullptr) {
    return Fail(ErrorCode::kUnsupported, where, ": model_type is ", Quote(type->get<std::string>()),
                "; known are: ", KnownTypes());
  }
  HuggingFaceFields fields(std::move(config), *architecture->hugging_face);
  if (const Status read = fields.status(); !read) return Fail(read.error(), where);
  const std::string name = files.name;
  auto checkpoint =
      std::make_unique<HuggingFaceCheckpoint>(*architecture, std::move(fields), std::move(files));
  if (const Status placed = checkpoint->PlaceTensors(); !placed) {
    return Fail(placed.error(), name);
  }
  return checkpoint;
}

}  // namespace ingle
