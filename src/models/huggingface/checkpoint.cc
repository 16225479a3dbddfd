#include "models/huggingface/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/memory.h"
#include "models/huggingface/fields.h"
#include "models/huggingface/packed_matrices.h"
#include "models/huggingface/placed_tensors.h"
#include "models/huggingface/placing.h"

namespace ingle {
namespace {

using nlohmann::json;

constexpr size_t kLongestConfig = size_t{16} << 20;

class PlacedCheckpoint final : public HuggingFaceCheckpoint {
 public:
  PlacedCheckpoint(const Architecture& architecture, HuggingFaceFields fields,
                   HuggingFaceFiles files)
      : architecture_(architecture), fields_(std::move(fields)), files_(std::move(files)) {}

  Status Place(const PackedFormat& format, Matrices matrices);

  const HuggingFaceNames& names() const override { return *architecture_.hugging_face; }
  const HuggingFaceFields& fields() const override { return fields_; }
  const PlacedTensors& placed() const override { return placed_; }

  std::vector<const ByteSource*> Sources() const override { return files_.sources; }

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
    const double* one = Find<double>(key);
    const auto* list = Find<std::vector<double>>(key);
    if (one == nullptr && list == nullptr) {
      return WrongKind<std::vector<int64_t>>(key, "a list of numbers");
    }
    std::vector<int64_t> ints;
    for (const double number : one != nullptr ? std::vector{*one} : *list) {
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
  Expectation Expected(std::string_view tensor) const override {
    return fields_.expected().Of(tensor);
  }
  std::string TensorName(std::string_view tensor) const override {
    return NameInCheckpoint(tensor, placed_.names, placed_.prefix, names());
  }
  std::vector<std::string> RequiredTensors() const override { return placed_.required; }
  Result<TensorView> Tensor(std::string_view tensor) const override {
    const auto found = tensors_.find(tensor);
    if (found == tensors_.end()) {
      return Fail(ErrorCode::kNotFound, "tensor ", Quote(TensorName(tensor)), " is missing");
    }
    return found->second.view;
  }
  bool IsMade(const TensorView& tensor) const override { return MemoryOf(tensor) != nullptr; }
  void Forget(const TensorView& tensor) override {
    ForgetContents(MemoryOf(tensor), tensor.bytes());
  }

 private:
  // Where a tensor that was made lies, or null.
  std::byte* MemoryOf(const TensorView& tensor) const {
    for (const auto& [name, changed] : tensors_) {
      if (changed.memory == nullptr) continue;
      std::byte* begin = changed.memory.get();
      const bool within = !std::less<>()(tensor.data, begin) &&
                          std::less<>()(tensor.data, begin + changed.view.bytes());
      if (within) return begin + (tensor.data - begin);
    }
    return nullptr;
  }
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
  Status MakeTensors(Matrices matrices);

  const Architecture& architecture_;
  HuggingFaceFields fields_;
  HuggingFaceFiles files_;
  PlacedTensors placed_;
  std::map<std::string, ChangedTensor, std::less<>> tensors_;
};

// Of a tensor: the pages that it was made of.
constexpr uint64_t kWorthForgetting = 64 << 10;

// Field tensors and vectors are small and are read while the graph is built.
bool IsVector(const PlacedTensor& tensor) { return tensor.shape.rank() <= 1; }

Status PlacedCheckpoint::MakeTensors(Matrices matrices) {
  for (const auto& [name, placed] : placed_.tensors) {
    if (matrices == Matrices::kDescribed && !IsVector(placed)) {
      tensors_.emplace(name, ChangedTensor{{placed.type, placed.shape, nullptr}, nullptr});
      continue;
    }
    auto made = placed.make();
    if (!made) return Fail(made.error());
    // What it was made of is not read again.
    if (made->memory && made->view.bytes() >= kWorthForgetting) {
      for (const ByteSource* file : files_.sources) file->Forget();
    }
    tensors_.emplace(name, *std::move(made));
  }
  return {};
}

Status PlacedCheckpoint::Place(const PackedFormat& format, Matrices matrices) {
  auto placed = PlaceTensors(*architecture_.hugging_face, fields_, format, files_);
  if (!placed) return Fail(placed.error());
  placed_ = *std::move(placed);
  return MakeTensors(matrices);
}

// Models of more than text whose text_config stands for the class that it names, on text alone.
constexpr std::string_view kWrappers[] = {"gemma3",      "gemma3n", "gemma4",   "qwen3_5",
                                          "qwen3_5_moe", "llava",   "mistral3", "lfm2_vl"};

// The part of config.json that describes the language model.
Result<json> LanguagePart(json config) {
  const auto text = config.find("text_config");
  if (text == config.end() || !text->is_object()) return config;
  const json& type = config["model_type"];
  const auto known = std::find(std::begin(kWrappers), std::end(kWrappers),
                               type.is_string() ? type.get<std::string>() : std::string());
  if (known == std::end(kWrappers)) {
    return Fail(ErrorCode::kUnsupported, "field model_type is ", type.dump().substr(0, 80),
                ", which no model with a text_config has that Ingle knows");
  }
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

Result<std::unique_ptr<HuggingFaceCheckpoint>> MakeHuggingFaceCheckpoint(HuggingFaceFiles files,
                                                                         Matrices matrices) {
  const std::string where = Cat(files.name, "/config.json");
  if (files.config_json.size() > kLongestConfig) {
    return Fail(ErrorCode::kTooLarge, where, " has ", files.config_json.size(), " bytes; at most ",
                kLongestConfig, " are read");
  }
  json config = json::parse(WithoutInfinity(files.config_json), nullptr, false);
  if (!config.is_object()) return Fail(ErrorCode::kCorrupt, where, " is not a JSON object");
  const auto format = ReadPackedFormat(config);
  if (!format) return Fail(format.error(), where);
  auto part = LanguagePart(std::move(config));
  if (!part) return Fail(part.error(), where);
  config = *std::move(part);
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
      std::make_unique<PlacedCheckpoint>(*architecture, std::move(fields), std::move(files));
  if (const Status placed = checkpoint->Place(*format, matrices); !placed) {
    return Fail(placed.error(), name);
  }
  return checkpoint;
}

}  // namespace ingle
