#include "formats/safetensors/safetensors_header.h"

#include "formats/names.h"
#include "formats/safetensors/json_events.h"

namespace ingle {
namespace {

constexpr std::string_view kMetadataKey = "__metadata__";

// {"__metadata__": {KEY: TEXT, ...}, NAME: {"dtype": TEXT, "shape": [...], "data_offsets": [b, e]}}
class HeaderEvents final : public JsonEvents {
 public:
  SafetensorsHeader header;

 private:
  enum class Place { kOutside, kHeader, kMetadata, kTensor, kShape, kOffsets };
  enum Field : unsigned { kNoField = 0, kType = 1, kExtents = 2, kData = 4, kAllFields = 7 };

  bool Unexpected(std::string_view what) override {
    switch (place_) {
      case Place::kOutside:
        return Refuse("the header is ", what, ", not an object");
      case Place::kHeader:
        return Refuse("the header has ", what, " at ", Quote(name_), ", expected an object");
      case Place::kMetadata:
        return Refuse("metadata key ", Quote(field_name_), " is ", what, ", expected a string");
      case Place::kTensor:
        return Refuse("tensor ", Quote(name_), ": field ", Quote(field_name_), " is ", what);
      case Place::kShape:
        return Refuse("tensor ", Quote(name_), ": its shape holds ", what);
      case Place::kOffsets:
        return Refuse("tensor ", Quote(name_), ": its data_offsets hold ", what);
    }
    return false;
  }

  bool start_object(size_t) override {
    if (place_ == Place::kOutside) {
      place_ = Place::kHeader;
      return true;
    }
    if (place_ != Place::kHeader) return Unexpected("an object");
    if (name_ == kMetadataKey) {
      if (has_metadata_) return Refuse("the header has two ", kMetadataKey);
      has_metadata_ = true;
      place_ = Place::kMetadata;
      return true;
    }
    place_ = Place::kTensor;
    fields_ = 0;
    header.entries.emplace_back().name = name_;
    return true;
  }

  bool key(std::string& text) override {
    switch (place_) {
      case Place::kHeader:
        name_ = std::move(text);
        return CheckName();
      case Place::kMetadata:
        field_name_ = std::move(text);
        return true;
      default:
        field_name_ = std::move(text);
        return BeginField();
    }
  }

  bool CheckName() {
    if (name_.empty()) return Refuse("tensor ", header.entries.size(), " has an empty name");
    if (name_.size() > kMaxTensorNameBytes) {
      return Refuse("the name of tensor ", Quote(name_), " is ", name_.size(),
                    " bytes long, the limit is ", kMaxTensorNameBytes);
    }
    if (HasControlBytes(name_)) {
      return Refuse("the name of tensor ", Quote(name_), " holds control bytes");
    }
    return true;
  }

  bool BeginField() {
    field_ = field_name_ == "dtype"          ? kType
             : field_name_ == "shape"        ? kExtents
             : field_name_ == "data_offsets" ? kData
                                             : kNoField;
    if (field_ == kNoField) {
      return Refuse("tensor ", Quote(name_), " has an unknown field ", Quote(field_name_));
    }
    if ((fields_ & field_) != 0) {
      return Refuse("tensor ", Quote(name_), " has two fields ", Quote(field_name_));
    }
    fields_ |= field_;
    return true;
  }

  bool string(std::string& text) override {
    if (place_ == Place::kMetadata) {
      header.metadata.emplace_back(field_name_, std::move(text));
      return true;
    }
    if (place_ != Place::kTensor || field_ != kType) return Unexpected("a string");
    header.entries.back().type = std::move(text);
    return true;
  }

  // Writers without metadata may say so.
  bool null() override {
    if (place_ == Place::kHeader && name_ == kMetadataKey) return true;
    return Unexpected("null");
  }

  bool start_array(size_t) override {
    if (place_ != Place::kTensor || field_ == kType) return Unexpected("an array");
    place_ = field_ == kExtents ? Place::kShape : Place::kOffsets;
    offsets_ = 0;
    return true;
  }

  bool number_unsigned(uint64_t value) override {
    SafetensorsEntry* entry = header.entries.empty() ? nullptr : &header.entries.back();
    if (place_ == Place::kShape) {
      if (entry->shape.rank() == kMaxRank) {
        return Refuse("tensor ", Quote(name_), " has more than ", kMaxRank, " dimensions");
      }
      entry->shape.Append(value);
      return true;
    }
    if (place_ != Place::kOffsets) return Unexpected("a number");
    if (offsets_ < 2) (offsets_ == 0 ? entry->begin : entry->end) = value;
    ++offsets_;
    return true;
  }

  bool end_array() override {
    if (place_ == Place::kOffsets && offsets_ != 2) {
      return Refuse("tensor ", Quote(name_), ": its data_offsets are ", offsets_,
                    " numbers, expected 2");
    }
    place_ = Place::kTensor;
    return true;
  }

  bool end_object() override {
    if (place_ == Place::kTensor && fields_ != kAllFields) {
      const std::string_view missing = (fields_ & kType) == 0      ? "dtype"
                                       : (fields_ & kExtents) == 0 ? "shape"
                                                                   : "data_offsets";
      return Refuse("tensor ", Quote(name_), " has no ", missing);
    }
    place_ = place_ == Place::kHeader ? Place::kOutside : Place::kHeader;
    return true;
  }

  Place place_ = Place::kOutside;
  bool has_metadata_ = false;
  std::string name_;        // the key in the header that is being read
  std::string field_name_;  // the key in the tensor or the metadata
  Field field_ = kNoField;
  unsigned fields_ = 0;  // seen of this tensor
  size_t offsets_ = 0;
};

}  // namespace

Result<SafetensorsHeader> ParseSafetensorsHeader(std::string_view name, std::string_view text) {
  HeaderEvents events;
  if (Status s = events.Parse(name, text); !s) return Fail(s.error());
  const auto key_of = [](const auto& field) { return std::string_view(field.first); };
  const auto& metadata = events.header.metadata;
  if (const auto twice = FindDuplicate(metadata, SortedByName(metadata, key_of), key_of)) {
    return Fail(ErrorCode::kCorrupt, name, ": metadata key ", Quote(*twice), " occurs twice");
  }
  return std::move(events.header);
}

}  // namespace ingle
