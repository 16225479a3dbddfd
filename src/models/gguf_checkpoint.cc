#include "models/gguf_checkpoint.h"

namespace ingle {
namespace {

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
    return Read<uint64_t>(key, [&](const std::string& field) { return file_->Uint(field); });
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
  Result<TensorView> Tensor(std::string_view tensor) const override {
    return file_->Tensor(tensor);
  }

 private:
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
