#include "formats/safetensors/safetensors_writer.h"

#include <algorithm>

#include "base/utf8.h"
#include "formats/names.h"
#include "formats/safetensors/safetensors_types.h"

namespace ingle {
namespace {

constexpr size_t kHeaderAlignment = 8;
constexpr uint64_t kMaxHeaderBytes = 100'000'000;
constexpr std::string_view kMetadataKey = "__metadata__";

// REQUIRES: text is UTF-8.
void AppendJsonString(std::string& out, std::string_view text) {
  constexpr std::string_view kShort = "\"\\\b\f\n\r\t";
  constexpr std::string_view kLetters = "\"\\bfnrt";
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const size_t escape = kShort.find(c);
    if (escape != std::string_view::npos) {
      out += '\\';
      out += kLetters[escape];
    } else if (const auto byte = static_cast<unsigned char>(c); byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

Status CheckSpec(const SafetensorsSpec& tensor) {
  const auto refuse = [&](const auto&... why) {
    return Fail(ErrorCode::kInvalidArgument, "tensor ", Quote(tensor.name), " ", why...);
  };
  const std::string& name = tensor.name;
  if (name.empty()) return refuse("has an empty name");
  if (name == kMetadataKey) return refuse("has a name that the format reserves");
  if (name.size() > kMaxTensorNameBytes) {
    return refuse("has a name of ", name.size(), " bytes, the limit is ", kMaxTensorNameBytes);
  }
  if (HasControlBytes(name)) return refuse("has control bytes in its name");
  if (!IsValidUtf8(name)) return refuse("has a name that is not UTF-8");
  if (FindSafetensorsType(tensor.type) == nullptr) {
    return refuse("is of type ", Name(tensor.type), ", which safetensors does not have");
  }
  return {};
}

using Metadata = std::vector<std::pair<std::string, std::string>>;

// As they are written: sorted by key.
Status CheckMetadata(Metadata& metadata) {
  std::sort(metadata.begin(), metadata.end());
  for (size_t i = 0; i < metadata.size(); ++i) {
    const auto& [key, value] = metadata[i];
    if (!IsValidUtf8(key) || !IsValidUtf8(value)) {
      return Fail(ErrorCode::kInvalidArgument, "metadata key ", Quote(key), " is not UTF-8");
    }
    if (i > 0 && key == metadata[i - 1].first) {
      return Fail(ErrorCode::kInvalidArgument, "metadata key ", Quote(key), " occurs twice");
    }
  }
  return {};
}

void AppendMetadata(std::string& out, const Metadata& metadata) {
  AppendJsonString(out, kMetadataKey);
  out += ":{";
  for (const auto& [key, value] : metadata) {
    if (out.back() != '{') out += ',';
    AppendJsonString(out, key);
    out += ':';
    AppendJsonString(out, value);
  }
  out += '}';
}

void AppendTensor(std::string& out, const SafetensorsSpec& tensor, uint64_t begin) {
  AppendJsonString(out, tensor.name);
  out += Cat(R"(:{"dtype":")", FindSafetensorsType(tensor.type)->name, R"(","shape":[)");
  for (int axis = 0; axis < tensor.shape.rank(); ++axis) {
    out += Cat(axis > 0 ? "," : "", tensor.shape[axis]);
  }
  out += Cat(R"(],"data_offsets":[)", begin, ",", begin + tensor.bytes(), "]}");
}

}  // namespace

Result<SafetensorsLayout> SafetensorsLayout::Make(std::vector<SafetensorsSpec> tensors,
                                                  Metadata metadata) {
  for (const SafetensorsSpec& tensor : tensors) {
    if (Status s = CheckSpec(tensor); !s) return Fail(s.error());
  }
  if (Status s = CheckMetadata(metadata); !s) return Fail(s.error());
  std::sort(tensors.begin(), tensors.end(), [](const SafetensorsSpec& a, const SafetensorsSpec& b) {
    const int rank_a = SafetensorsRank(*FindSafetensorsType(a.type));
    const int rank_b = SafetensorsRank(*FindSafetensorsType(b.type));
    return rank_a != rank_b ? rank_a < rank_b : a.name < b.name;
  });
  const auto name_of = [](const SafetensorsSpec& tensor) { return std::string_view(tensor.name); };
  if (const auto twice = FindDuplicate(tensors, SortedByName(tensors, name_of), name_of)) {
    return Fail(ErrorCode::kInvalidArgument, "tensor ", Quote(*twice), " occurs twice");
  }

  std::string json = "{";
  if (!metadata.empty()) AppendMetadata(json, metadata);
  uint64_t offset = 0;
  for (const SafetensorsSpec& tensor : tensors) {
    if (json.size() > 1) json += ',';
    AppendTensor(json, tensor, offset);
    offset += tensor.bytes();
  }
  json += '}';
  json.append((0 - json.size()) % kHeaderAlignment, ' ');
  if (json.size() > kMaxHeaderBytes) {
    return Fail(ErrorCode::kInvalidArgument, "a header of ", json.size(),
                " bytes is above the format's limit of ", kMaxHeaderBytes);
  }

  SafetensorsLayout layout;
  const uint64_t length = json.size();
  layout.header_.assign(reinterpret_cast<const char*>(&length), sizeof(length));
  layout.header_ += json;
  layout.tensors_ = std::move(tensors);
  return layout;
}

Result<SafetensorsWriter> SafetensorsWriter::Create(const std::string& path,
                                                    const SafetensorsLayout& layout) {
  Result<AtomicFile> file = AtomicFile::Create(path);
  if (!file) return Fail(file.error());
  if (Status s = file->Write(AsBytes(layout.header())); !s) return Fail(s.error());
  std::vector<uint64_t> tensor_bytes;
  for (const SafetensorsSpec& tensor : layout.tensors()) tensor_bytes.push_back(tensor.bytes());
  SafetensorsWriter writer(std::move(*file), std::move(tensor_bytes));
  writer.SkipEmpty();
  return writer;
}

void SafetensorsWriter::SkipEmpty() {
  while (tensor_ < tensor_bytes_.size() && tensor_bytes_[tensor_] == 0) ++tensor_;
}

Status SafetensorsWriter::Write(Bytes data) {
  if (data.empty()) return {};
  if (tensor_ == tensor_bytes_.size() || data.size() > tensor_bytes_[tensor_] - written_) {
    return Fail(ErrorCode::kInvalidArgument, file_.path(), ": ", data.size(),
                " bytes are more than is left of tensor ", tensor_);
  }
  if (Status s = file_.Write(data); !s) return s;
  written_ += data.size();
  if (written_ == tensor_bytes_[tensor_]) {
    ++tensor_;
    written_ = 0;
    SkipEmpty();
  }
  return {};
}

Status SafetensorsWriter::Finish() {
  if (tensor_ != tensor_bytes_.size()) {
    return Fail(ErrorCode::kInvalidArgument, file_.path(), ": the data of tensor ", tensor_, " of ",
                tensor_bytes_.size(), " is incomplete");
  }
  return file_.Commit();
}

Result<std::string> EncodeSafetensors(const SafetensorsLayout& layout,
                                      std::span<const Bytes> data) {
  if (data.size() != layout.tensors().size()) {
    return Fail(ErrorCode::kInvalidArgument, "data for ", data.size(), " tensors, the layout has ",
                layout.tensors().size());
  }
  std::string out = layout.header();
  for (size_t i = 0; i < data.size(); ++i) {
    if (data[i].size() != layout.tensors()[i].bytes()) {
      return Fail(ErrorCode::kInvalidArgument, "tensor ", Quote(layout.tensors()[i].name), " has ",
                  data[i].size(), " bytes of data, its shape asks for ",
                  layout.tensors()[i].bytes());
    }
    out.append(AsText(data[i]));
  }
  return out;
}

}  // namespace ingle
