#include "models/gguf_checkpoint.h"

#include <algorithm>
#include <charconv>

#include "models/huggingface/presence.h"

namespace ingle {
namespace {

// What files have beside the model: the parts that see and hear; the factors of RoPE, which are
// read and are no part of the graph; and what older converters kept and no class reads: RoPE's
// frequencies, and distances between T5's target and its source.
bool IsCarriedAlong(std::string_view tensor) {
  for (const std::string_view start : {"rope_freqs.", "rope_factors_", "v.", "a.", "mm."}) {
    if (tensor.starts_with(start)) return true;
  }
  for (const std::string_view part : {".attn_rot_embd.", ".cross_attn_rel_b."}) {
    if (tensor.find(part) != std::string_view::npos) return true;
  }
  return false;
}

class GgufCheckpoint final : public Checkpoint {
 public:
  GgufCheckpoint(std::shared_ptr<const GgufFile> file, std::string architecture)
      : file_(std::move(file)), architecture_(std::move(architecture)) {}

  std::vector<const ByteSource*> Sources() const override {
    std::vector<const ByteSource*> sources;
    for (size_t i = 0; i < file_->parts(); ++i) sources.push_back(&file_->part(i));
    return sources;
  }

  std::string_view architecture() const override { return architecture_; }
  const std::string& name() const override { return file_->name(); }
  std::string FieldName(std::string_view key) const override {
    return Cat(architecture_, ".", key);
  }

  Result<std::optional<uint64_t>> Uint(std::string_view key) const override {
    auto value = Read<uint64_t>(key, [&](const std::string& field) { return file_->Uint(field); });
    const bool counts_layers = key == "block_count" && value && *value;
    if (counts_layers) **value -= std::min(**value, PredictingLayers());
    return value;
  }
  Result<std::optional<double>> Float(std::string_view key) const override {
    return Read<double>(key, [&](const std::string& field) { return AnyNumber(field); });
  }
  Result<std::optional<std::string>> String(std::string_view key) const override {
    return Read<std::string>(key, [&](const std::string& field) { return file_->String(field); });
  }
  Result<std::optional<std::vector<int64_t>>> Ints(std::string_view key) const override {
    const std::string field = FieldName(key);
    if (!file_->Has(field)) return std::optional<std::vector<int64_t>>();
    if (const auto one = file_->Int(field)) return std::optional(std::vector<int64_t>{*one});
    if (const auto flag = file_->Bool(field)) return std::optional(std::vector<int64_t>{*flag});
    if (const auto flags = file_->Bools(field)) {
      return std::optional(std::vector<int64_t>(flags->begin(), flags->end()));
    }
    auto several = file_->Ints(field);
    if (!several) return Fail(several.error());
    return std::optional(*std::move(several));
  }
  Result<std::optional<std::vector<std::string>>> Strings(std::string_view key) const override {
    const std::string field = FieldName(key);
    if (!file_->Has(field)) return std::optional<std::vector<std::string>>();
    const auto strings = file_->Strings(field);
    if (!strings) return Fail(strings.error());
    return std::optional(std::vector<std::string>(strings->begin(), strings->end()));
  }

  Result<std::optional<std::vector<double>>> Floats(std::string_view key) const override {
    const std::string field = FieldName(key);
    if (!file_->Has(field)) return std::optional<std::vector<double>>();
    if (const auto one = file_->Float(field)) return std::optional(std::vector<double>{*one});
    const auto several = file_->Floats(field);
    if (!several) return Fail(several.error());
    return std::optional(std::vector<double>(several->begin(), several->end()));
  }

  bool HasTensor(std::string_view tensor) const override {
    return file_->FindTensor(tensor) != nullptr;
  }
  Expectation Expected(std::string_view tensor) const override {
    const bool always = IsAlwaysThere(architecture_, tensor);
    return {always ? Presence::kThere : Presence::kEither, ""};
  }
  std::vector<std::string> RequiredTensors() const override {
    std::vector<std::string> required;
    for (const GgufTensor& tensor : file_->tensors()) {
      if (!IsCarriedAlong(tensor.name) && !Predicts(tensor.name)) {
        required.emplace_back(tensor.name);
      }
    }
    return required;
  }
  Result<TensorView> Tensor(std::string_view tensor) const override {
    return file_->Tensor(tensor);
  }

 private:
  // The last layers of some files predict further tokens. Files count them among the others.
  uint64_t PredictingLayers() const {
    return file_->UintOr(FieldName("nextn_predict_layers"), 0).value_or(0);
  }
  bool Predicts(std::string_view tensor) const {
    constexpr std::string_view kLayer = "blk.";
    const auto layers = Uint("block_count");
    if (PredictingLayers() == 0 || !layers || !*layers || !tensor.starts_with(kLayer)) return false;
    uint64_t layer = 0;
    const char* const end = tensor.data() + tensor.size();
    const auto parsed = std::from_chars(tensor.data() + kLayer.size(), end, layer);
    return parsed.ec == std::errc() && layer >= **layers;
  }

  // Files have counts as integers and switches as flags, though what reads them may ask for a
  // number.
  Result<double> AnyNumber(const std::string& field) const {
    if (const auto flag = file_->Bool(field)) return *flag ? 1.0 : 0.0;
    if (const auto count = file_->Int(field)) return static_cast<double>(*count);
    return file_->Float(field);
  }

  template <class T, class Get>
  Result<std::optional<T>> Read(std::string_view key, const Get& get) const {
    const std::string field = FieldName(key);
    if (!file_->Has(field)) return std::optional<T>();
    auto value = get(field);
    if (!value) return Fail(value.error());
    return std::optional<T>(T(*value));
  }

  std::shared_ptr<const GgufFile> file_;
  std::string architecture_;
};

}  // namespace

Result<std::unique_ptr<Checkpoint>> MakeGgufCheckpoint(std::shared_ptr<const GgufFile> file) {
  const auto architecture = file->String("general.architecture");
  if (!architecture) return Fail(architecture.error());
  return std::make_unique<GgufCheckpoint>(std::move(file), std::string(*architecture));
}

}  // namespace ingle
