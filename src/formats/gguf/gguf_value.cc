#include "formats/gguf/gguf_value.h"

namespace ingle {
namespace {

// Calls visit(number) with the scalar of this type at bytes, which must hold it.
template <class Visitor>
bool VisitNumber(GgufType type, const std::byte* bytes, Visitor visit) {
  const auto load = [bytes](auto value) {
    std::memcpy(&value, bytes, sizeof(value));
    return value;
  };
  switch (type) {
    case GgufType::kUint8:
      return visit(load(uint8_t{}));
    case GgufType::kInt8:
      return visit(load(int8_t{}));
    case GgufType::kUint16:
      return visit(load(uint16_t{}));
    case GgufType::kInt16:
      return visit(load(int16_t{}));
    case GgufType::kUint32:
      return visit(load(uint32_t{}));
    case GgufType::kInt32:
      return visit(load(int32_t{}));
    case GgufType::kUint64:
      return visit(load(uint64_t{}));
    case GgufType::kInt64:
      return visit(load(int64_t{}));
    case GgufType::kFloat32:
      return visit(load(float{}));
    case GgufType::kFloat64:
      return visit(load(double{}));
    case GgufType::kBool:
    case GgufType::kString:
    case GgufType::kArray:
      return false;
  }
  return false;
}

// The integer at bytes, if the type is an integer's and To can hold the number.
template <class To>
std::optional<To> LoadInteger(GgufType type, const std::byte* bytes) {
  std::optional<To> result;
  VisitNumber(type, bytes, [&](auto number) {
    if constexpr (std::is_integral_v<decltype(number)>) {
      const auto converted = static_cast<To>(number);
      const bool same_sign = (converted < To{}) == (number < decltype(number){});
      if (same_sign && static_cast<decltype(number)>(converted) == number) result = converted;
    }
    return true;
  });
  return result;
}

std::optional<double> LoadFloat(GgufType type, const std::byte* bytes) {
  std::optional<double> result;
  VisitNumber(type, bytes, [&](auto number) {
    if constexpr (std::is_floating_point_v<decltype(number)>) result = number;
    return true;
  });
  return result;
}

}  // namespace

std::optional<uint64_t> GgufValue::AsUint() const {
  return LoadInteger<uint64_t>(type_, payload_.data());
}

std::optional<int64_t> GgufValue::AsInt() const {
  return LoadInteger<int64_t>(type_, payload_.data());
}

std::optional<double> GgufValue::AsFloat() const { return LoadFloat(type_, payload_.data()); }

std::optional<bool> GgufValue::AsBool() const {
  if (type_ != GgufType::kBool) return std::nullopt;
  return payload_[0] != std::byte{0};
}

std::optional<std::string_view> GgufValue::AsString() const {
  if (type_ != GgufType::kString) return std::nullopt;
  return AsText(payload_);
}

std::optional<std::vector<std::string_view>> GgufValue::AsStrings() const {
  if (!is_array() || element_type_ != GgufType::kString) return std::nullopt;
  std::vector<std::string_view> strings;
  strings.reserve(count_);
  ByteReader reader(payload_);
  while (const auto length = reader.Read<uint64_t>()) {
    strings.push_back(AsText(*reader.Take(*length)));
  }
  return strings;
}

std::optional<std::vector<int64_t>> GgufValue::AsInts() const {
  if (!is_array()) return std::nullopt;
  std::vector<int64_t> integers;
  integers.reserve(count_);
  const uint32_t stride = FixedBytes(element_type_);
  for (size_t i = 0; i < count_; ++i) {
    const auto integer = LoadInteger<int64_t>(element_type_, payload_.data() + i * stride);
    if (!integer) return std::nullopt;
    integers.push_back(*integer);
  }
  return integers;
}

std::optional<std::vector<float>> GgufValue::AsFloats() const {
  if (!is_array()) return std::nullopt;
  if (element_type_ != GgufType::kFloat32 && element_type_ != GgufType::kFloat64) {
    return std::nullopt;
  }
  std::vector<float> floats;
  floats.reserve(count_);
  const uint32_t stride = FixedBytes(element_type_);
  for (size_t i = 0; i < count_; ++i) {
    floats.push_back(static_cast<float>(*LoadFloat(element_type_, payload_.data() + i * stride)));
  }
  return floats;
}

std::optional<std::vector<bool>> GgufValue::AsBools() const {
  if (!is_array() || element_type_ != GgufType::kBool) return std::nullopt;
  std::vector<bool> bools;
  bools.reserve(count_);
  for (const std::byte byte : payload_) bools.push_back(byte != std::byte{0});
  return bools;
}

}  // namespace ingle
