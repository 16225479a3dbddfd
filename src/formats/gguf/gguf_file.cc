#include "formats/gguf/gguf_file.h"

#include "formats/names.h"

namespace ingle {
namespace {

std::string_view KeyOf(const GgufField& field) { return field.key; }
std::string_view NameOf(const GgufTensor& tensor) { return tensor.name; }

// "string", "array of uint32"
std::string Describe(const GgufValue& value) {
  if (value.is_array()) return Cat("array of ", Name(value.element_type()));
  std::string text(Name(value.type()));
  if (const auto number = value.AsInt()) return Cat(text, " ", *number);
  if (const auto number = value.AsUint()) return Cat(text, " ", *number);
  return text;
}

// Value `key` of `file` as `convert` reads it; expected is what the message asks for.
template <class T>
Result<T> Typed(const GgufFile& file, std::string_view key, std::string_view expected,
                std::optional<T> (GgufValue::*convert)() const) {
  const GgufValue* value = file.Find(key);
  if (value == nullptr) {
    return Fail(ErrorCode::kNotFound, file.name(), ": metadata key ", Quote(key), " is missing");
  }
  std::optional<T> converted = (value->*convert)();
  if (!converted) {
    return Fail(ErrorCode::kCorrupt, file.name(), ": metadata key ", Quote(key), " is of type ",
                Describe(*value), ", expected ", expected);
  }
  return std::move(*converted);
}

}  // namespace

Status GgufFile::IndexFields() {
  fields_by_key_ = SortedByName(fields_, KeyOf);
  if (const auto twice = FindDuplicate(fields_, fields_by_key_, KeyOf)) {
    return Fail(ErrorCode::kCorrupt, name(), ": metadata key ", Quote(*twice), " occurs twice");
  }
  return {};
}

Status GgufFile::IndexTensors() {
  tensors_by_name_ = SortedByName(tensors_, NameOf);
  if (const auto twice = FindDuplicate(tensors_, tensors_by_name_, NameOf)) {
    return Fail(ErrorCode::kCorrupt, name(), ": tensor ", Quote(*twice), " occurs twice");
  }
  return {};
}

const GgufValue* GgufFile::Find(std::string_view key) const {
  const GgufField* field = FindByName(fields_, fields_by_key_, KeyOf, key);
  return field == nullptr ? nullptr : &field->value;
}

const GgufTensor* GgufFile::FindTensor(std::string_view name) const {
  return FindByName(tensors_, tensors_by_name_, NameOf, name);
}

Result<uint64_t> GgufFile::Uint(std::string_view key) const {
  return Typed(*this, key, "an unsigned integer", &GgufValue::AsUint);
}
Result<int64_t> GgufFile::Int(std::string_view key) const {
  return Typed(*this, key, "an integer", &GgufValue::AsInt);
}
Result<double> GgufFile::Float(std::string_view key) const {
  return Typed(*this, key, "a float", &GgufValue::AsFloat);
}
Result<bool> GgufFile::Bool(std::string_view key) const {
  return Typed(*this, key, "a bool", &GgufValue::AsBool);
}
Result<std::string_view> GgufFile::String(std::string_view key) const {
  return Typed(*this, key, "a string", &GgufValue::AsString);
}
Result<std::vector<std::string_view>> GgufFile::Strings(std::string_view key) const {
  return Typed(*this, key, "an array of strings", &GgufValue::AsStrings);
}
Result<std::vector<int64_t>> GgufFile::Ints(std::string_view key) const {
  return Typed(*this, key, "an array of integers", &GgufValue::AsInts);
}
Result<std::vector<float>> GgufFile::Floats(std::string_view key) const {
  return Typed(*this, key, "an array of floats", &GgufValue::AsFloats);
}
Result<std::vector<bool>> GgufFile::Bools(std::string_view key) const {
  return Typed(*this, key, "an array of bools", &GgufValue::AsBools);
}

Result<uint64_t> GgufFile::UintOr(std::string_view key, uint64_t fallback) const {
  return Has(key) ? Uint(key) : fallback;
}
Result<int64_t> GgufFile::IntOr(std::string_view key, int64_t fallback) const {
  return Has(key) ? Int(key) : fallback;
}
Result<double> GgufFile::FloatOr(std::string_view key, double fallback) const {
  return Has(key) ? Float(key) : fallback;
}
Result<bool> GgufFile::BoolOr(std::string_view key, bool fallback) const {
  return Has(key) ? Bool(key) : fallback;
}
Result<std::string_view> GgufFile::StringOr(std::string_view key, std::string_view fallback) const {
  return Has(key) ? String(key) : fallback;
}

Result<TensorView> GgufFile::Tensor(std::string_view name) const {
  const GgufTensor* tensor = FindTensor(name);
  if (tensor == nullptr) {
    return Fail(ErrorCode::kNotFound, this->name(), ": tensor ", Quote(name), " is missing");
  }
  return View(*tensor);
}

Result<TensorView> GgufFile::View(const GgufTensor& tensor) const {
  if (!tensor.type->dtype) {
    return Fail(ErrorCode::kUnsupported, name(), ": tensor ", Quote(tensor.name), " is of type ",
                tensor.type->name, ", which Ingle cannot compute with");
  }
  return TensorView{*tensor.type->dtype, tensor.shape, tensor.data};
}

}  // namespace ingle
