#include "formats/gguf/gguf_writer.h"

#include <algorithm>
#include <array>

#include "base/checked.h"
#include "formats/gguf/gguf_format.h"
#include "formats/names.h"

namespace ingle {
namespace {

template <class T>
void Append(std::string& out, T value) {
  static_assert(std::is_arithmetic_v<T>);
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

void AppendString(std::string& out, std::string_view text) {
  Append<uint64_t>(out, text.size());
  out.append(text);
}

void AppendType(std::string& out, GgufType type) { Append(out, static_cast<uint32_t>(type)); }

template <class T>
std::string EncodeScalar(GgufType type, T value) {
  std::string encoded;
  AppendType(encoded, type);
  Append(encoded, value);
  return encoded;
}

std::string EncodeArrayHead(GgufType element_type, uint64_t count) {
  std::string encoded;
  AppendType(encoded, GgufType::kArray);
  AppendType(encoded, element_type);
  Append(encoded, count);
  return encoded;
}

template <class T>
std::string EncodeArray(GgufType element_type, std::span<const T> values) {
  std::string encoded = EncodeArrayHead(element_type, values.size());
  encoded.append(AsText(std::as_bytes(values)));
  return encoded;
}

size_t PaddingAfter(uint64_t bytes) {
  return static_cast<size_t>((0 - bytes) % kGgufDefaultAlignment);
}

Status CheckName(std::string_view what, std::string_view name, uint64_t limit) {
  if (name.empty()) return Fail(ErrorCode::kInvalidArgument, "a ", what, " has an empty name");
  if (name.size() > limit) {
    return Fail(ErrorCode::kInvalidArgument, "the name of ", what, " ", Quote(name), " is ",
                name.size(), " bytes long, the limit is ", limit);
  }
  if (HasControlBytes(name)) {
    return Fail(ErrorCode::kInvalidArgument, "the name of ", what, " ", Quote(name),
                " holds control bytes");
  }
  return {};
}

Status CheckShape(std::string_view name, DType type, const Shape& shape) {
  if (FindGgmlType(type) == nullptr) {
    return Fail(ErrorCode::kInvalidArgument, "tensor ", Quote(name), " is of type ", Name(type),
                ", which GGUF does not have");
  }
  if (shape.rank() > kGgufMaxRank) {
    return Fail(ErrorCode::kInvalidArgument, "tensor ", Quote(name), " has ", shape.rank(),
                " dimensions, the limit of GGUF is ", kGgufMaxRank);
  }
  if (shape.rank() == 0 || shape.elements() == 0) {
    return Fail(ErrorCode::kInvalidArgument, "tensor ", Quote(name), " of shape ", ToString(shape),
                " has no elements");
  }
  if (shape.columns() % Info(type).block_elements != 0) {
    return Fail(ErrorCode::kInvalidArgument, "tensor ", Quote(name), " of type ", Name(type),
                " has rows of ", shape.columns(), " elements, not a multiple of ",
                Info(type).block_elements);
  }
  return {};
}

}  // namespace

void GgufHeader::SetEncoded(std::string_view key, std::string encoded) {
  const auto [place, is_new] = field_by_key_.try_emplace(std::string(key), fields_.size());
  if (is_new) {
    fields_.push_back({std::string(key), std::move(encoded)});
  } else {
    fields_[place->second].encoded = std::move(encoded);
  }
}

void GgufHeader::Set(std::string_view key, const GgufValue& value) {
  std::string encoded;
  if (value.is_array()) {
    encoded = EncodeArrayHead(value.element_type(), value.count());
  } else {
    AppendType(encoded, value.type());
    if (value.type() == GgufType::kString) Append<uint64_t>(encoded, value.payload().size());
  }
  encoded.append(AsText(value.payload()));
  SetEncoded(key, std::move(encoded));
}

void GgufHeader::SetUint32(std::string_view key, uint32_t value) {
  SetEncoded(key, EncodeScalar(GgufType::kUint32, value));
}
void GgufHeader::SetUint64(std::string_view key, uint64_t value) {
  SetEncoded(key, EncodeScalar(GgufType::kUint64, value));
}
void GgufHeader::SetInt32(std::string_view key, int32_t value) {
  SetEncoded(key, EncodeScalar(GgufType::kInt32, value));
}
void GgufHeader::SetFloat32(std::string_view key, float value) {
  SetEncoded(key, EncodeScalar(GgufType::kFloat32, value));
}
void GgufHeader::SetBool(std::string_view key, bool value) {
  SetEncoded(key, EncodeScalar<uint8_t>(GgufType::kBool, value ? 1 : 0));
}
void GgufHeader::SetString(std::string_view key, std::string_view value) {
  Set(key, GgufValue(GgufType::kString, AsBytes(value)));
}
void GgufHeader::SetStrings(std::string_view key, std::span<const std::string_view> values) {
  std::string encoded = EncodeArrayHead(GgufType::kString, values.size());
  for (const std::string_view value : values) AppendString(encoded, value);
  SetEncoded(key, std::move(encoded));
}
void GgufHeader::SetInts(std::string_view key, std::span<const int32_t> values) {
  SetEncoded(key, EncodeArray(GgufType::kInt32, values));
}
void GgufHeader::SetFloats(std::string_view key, std::span<const float> values) {
  SetEncoded(key, EncodeArray(GgufType::kFloat32, values));
}

void GgufHeader::SetBools(std::string_view key, const std::vector<bool>& values) {
  std::string encoded = EncodeArrayHead(GgufType::kBool, values.size());
  for (const bool value : values) Append<uint8_t>(encoded, value ? 1 : 0);
  SetEncoded(key, std::move(encoded));
}

void GgufHeader::AddTensor(std::string_view name, DType type, const Shape& shape) {
  const uint64_t bytes = shape.rows() * RowBytes(type, shape.columns());
  tensors_.push_back({std::string(name), type, shape, bytes});
}

Status GgufHeader::Check() const {
  for (const Field& field : fields_) {
    if (Status s = CheckName("metadata key", field.key, kGgufMaxKeyBytes); !s) return s;
    if (field.key == kGgufAlignmentKey) {
      return Fail(ErrorCode::kInvalidArgument, "the writer sets the alignment; drop metadata key '",
                  kGgufAlignmentKey, "'");
    }
  }
  for (const Tensor& tensor : tensors_) {
    if (Status s = CheckName("tensor", tensor.name, kMaxTensorNameBytes); !s) return s;
    if (Status s = CheckShape(tensor.name, tensor.type, tensor.shape); !s) return s;
  }
  const auto name_of = [](const Tensor& tensor) { return std::string_view(tensor.name); };
  if (const auto twice = FindDuplicate(tensors_, SortedByName(tensors_, name_of), name_of)) {
    return Fail(ErrorCode::kInvalidArgument, "tensor ", Quote(*twice), " occurs twice");
  }
  return {};
}

Result<std::string> GgufHeader::Encode() const {
  if (Status s = Check(); !s) return Fail(s.error());
  std::string out(kGgufMagic);
  Append(out, kGgufVersion);
  Append<uint64_t>(out, tensors_.size());
  Append<uint64_t>(out, fields_.size());
  for (const Field& field : fields_) {
    AppendString(out, field.key);
    out += field.encoded;
  }
  uint64_t offset = 0;
  for (const Tensor& tensor : tensors_) {
    AppendString(out, tensor.name);
    Append(out, static_cast<uint32_t>(tensor.shape.rank()));
    for (int axis = tensor.shape.rank(); axis-- > 0;) Append(out, tensor.shape[axis]);
    Append(out, FindGgmlType(tensor.type)->id);
    Append(out, offset);
    offset += tensor.bytes + PaddingAfter(tensor.bytes);
  }
  out.append(PaddingAfter(out.size()), '\0');
  return out;
}

Result<GgufWriter> GgufWriter::Create(const std::string& path, const GgufHeader& header) {
  const Result<std::string> head = header.Encode();
  if (!head) return Fail(head.error(), path);
  Result<AtomicFile> file = AtomicFile::Create(path);
  if (!file) return Fail(file.error());
  if (Status s = file->Write(AsBytes(*head)); !s) return Fail(s.error());

  std::vector<uint64_t> tensor_bytes;
  for (size_t i = 0; i < header.tensor_count(); ++i) tensor_bytes.push_back(header.tensor_bytes(i));
  return GgufWriter(std::move(*file), std::move(tensor_bytes));
}

Status GgufWriter::Write(Bytes data) {
  if (data.empty()) return {};
  if (tensor_ == tensor_bytes_.size() || data.size() > tensor_bytes_[tensor_] - written_) {
    return Fail(ErrorCode::kInvalidArgument, file_.path(), ": ", data.size(),
                " bytes are more than is left of tensor ", tensor_);
  }
  if (Status s = file_.Write(data); !s) return s;
  written_ += data.size();
  if (written_ < tensor_bytes_[tensor_]) return {};

  constexpr std::array<std::byte, kGgufDefaultAlignment> kZeros{};
  const size_t padding = PaddingAfter(written_);
  ++tensor_;
  written_ = 0;
  return file_.Write(Bytes(kZeros).first(padding));
}

Status GgufWriter::Finish() {
  if (tensor_ != tensor_bytes_.size()) {
    return Fail(ErrorCode::kInvalidArgument, file_.path(), ": the data of tensor ", tensor_, " of ",
                tensor_bytes_.size(), " is incomplete");
  }
  return file_.Commit();
}

Result<std::string> EncodeGguf(const GgufHeader& header, std::span<const Bytes> data) {
  Result<std::string> out = header.Encode();
  if (!out) return out;
  if (data.size() != header.tensor_count()) {
    return Fail(ErrorCode::kInvalidArgument, "data for ", data.size(), " tensors, the header has ",
                header.tensor_count());
  }
  for (size_t i = 0; i < data.size(); ++i) {
    if (data[i].size() != header.tensor_bytes(i)) {
      return Fail(ErrorCode::kInvalidArgument, "tensor ", i, " has ", data[i].size(),
                  " bytes of data, its shape asks for ", header.tensor_bytes(i));
    }
    out->append(AsText(data[i]));
    out->append(PaddingAfter(data[i].size()), '\0');
  }
  return out;
}

}  // namespace ingle
