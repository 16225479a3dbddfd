#include "formats/safetensors/safetensors_file.h"

#include <algorithm>
#include <tuple>

#include "base/checked.h"
#include "formats/guess_format.h"
#include "formats/names.h"
#include "formats/safetensors/safetensors_header.h"

namespace ingle {
namespace {

constexpr uint64_t kLengthBytes = 8;
constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the format's own limit

std::string_view NameOf(const SafetensorsTensor& tensor) { return tensor.name; }

// The header's text: a length and as many bytes, which begin with a brace.
Result<std::string_view> HeaderText(const ByteSource& source) {
  const Result<Bytes> whole = source.View(0, source.size());
  if (!whole) return Fail(whole.error());
  ByteReader reader(*whole);
  const std::string_view head = AsText(whole->first(std::min<size_t>(whole->size(), 32)));
  const auto length = reader.Read<uint64_t>();
  if (!length || !head.substr(kLengthBytes).starts_with('{')) {
    return Fail(ErrorCode::kCorrupt, source.name(), ": not a safetensors file", GuessFormat(head));
  }
  if (*length > kMaxHeaderBytes) {
    return Fail(ErrorCode::kTooLarge, source.name(), ": the header claims ", *length,
                " bytes, the limit is ", kMaxHeaderBytes);
  }
  const auto text = reader.Take(*length);
  if (!text) {
    return Fail(ErrorCode::kCorrupt, source.name(), ": the header claims ", *length,
                " bytes, but only ", reader.remaining(),
                " are left in the file; was the download cut short?");
  }
  return AsText(*text);
}

// Bytes of a tensor, if 64 bits hold them and the last byte is full.
std::optional<uint64_t> BytesOf(const Shape& shape, uint32_t bits) {
  uint64_t product = bits;
  bool empty = false;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] == 0) {
      empty = true;  // the other extents must still multiply, or a Shape of them would not
    } else if (const auto next = CheckedMul(product, shape[axis])) {
      product = *next;
    } else {
      return std::nullopt;
    }
  }
  if (empty) return 0;
  if (product % 8 != 0) return std::nullopt;
  return product / 8;
}

// `data`: the bytes after the header.
Result<SafetensorsTensor> PlaceTensor(const std::string& file, SafetensorsEntry& entry,
                                      uint64_t data_begin, Bytes data) {
  const auto corrupt = [&](const auto&... parts) {
    return Fail(ErrorCode::kCorrupt, file, ": tensor ", Quote(entry.name), " ", parts...);
  };
  const SafetensorsType* type = FindSafetensorsType(std::string_view(entry.type));
  if (type == nullptr) return corrupt("has unknown dtype ", Quote(entry.type));
  const std::optional<uint64_t> bytes = BytesOf(entry.shape, type->bits);
  if (!bytes) {
    return corrupt("of type ", type->name, " and shape ", ToString(entry.shape),
                   " is no whole number of bytes below 2^61");
  }
  if (entry.end < entry.begin) {
    return corrupt("ends at ", entry.end, ", before it begins at ", entry.begin);
  }
  if (entry.end > data.size()) {
    return corrupt("ends at ", entry.end, " of the data, beyond its ", data.size(),
                   " bytes; was the download cut short?");
  }
  if (entry.end - entry.begin != *bytes) {
    return corrupt("of type ", type->name, " and shape ", ToString(entry.shape), " needs ", *bytes,
                   " bytes, its data_offsets give it ", entry.end - entry.begin);
  }
  return SafetensorsTensor{
      std::move(entry.name),     type, entry.shape, data_begin + entry.begin, *bytes,
      data.data() + entry.begin, 0};
}

}  // namespace

Result<SafetensorsFile> SafetensorsFile::Open(std::shared_ptr<const ByteSource> source) {
  SafetensorsFile file;
  if (Status s = file.Read(std::move(source)); !s) return Fail(s.error());
  return file;
}

Status SafetensorsFile::Read(std::shared_ptr<const ByteSource> source) {
  name_ = source->name();
  const Result<std::string_view> text = HeaderText(*source);
  if (!text) return Fail(text.error());
  Result<SafetensorsHeader> header = ParseSafetensorsHeader(name_, *text);
  if (!header) return Fail(header.error());

  const uint64_t data_begin = kLengthBytes + text->size();
  const Result<Bytes> data = source->View(data_begin, source->size() - data_begin);
  if (!data) return Fail(data.error());
  tensors_.reserve(header->entries.size());
  for (SafetensorsEntry& entry : header->entries) {
    Result<SafetensorsTensor> tensor = PlaceTensor(name_, entry, data_begin, *data);
    if (!tensor) return Fail(tensor.error());
    tensors_.push_back(std::move(*tensor));
  }
  if (Status s = CheckPlaces(data_begin, source->size()); !s) return s;
  metadata_ = std::move(header->metadata);
  sources_.push_back(std::move(source));
  return IndexTensors();
}

Status SafetensorsFile::CheckPlaces(uint64_t data_begin, uint64_t file_bytes) {
  std::sort(tensors_.begin(), tensors_.end(),
            [](const SafetensorsTensor& a, const SafetensorsTensor& b) {
              return std::tie(a.offset, a.bytes, a.name) < std::tie(b.offset, b.bytes, b.name);
            });
  uint64_t end = data_begin;
  const SafetensorsTensor* before = nullptr;
  for (const SafetensorsTensor& tensor : tensors_) {
    if (tensor.offset < end) {
      return Fail(ErrorCode::kCorrupt, name_, ": tensors ", Quote(before->name), " and ",
                  Quote(tensor.name), " overlap");
    }
    if (tensor.offset > end) {
      return Fail(ErrorCode::kCorrupt, name_, ": ", tensor.offset - end,
                  " bytes of data before tensor ", Quote(tensor.name), " belong to none");
    }
    end += tensor.bytes;
    before = &tensor;
  }
  if (end != file_bytes) {
    return Fail(ErrorCode::kCorrupt, name_, ": ", file_bytes - end,
                " bytes of data after the last tensor belong to none");
  }
  return {};
}

Status SafetensorsFile::IndexTensors() {
  tensors_by_name_ = SortedByName(tensors_, NameOf);
  if (const auto twice = FindDuplicate(tensors_, tensors_by_name_, NameOf)) {
    return Fail(ErrorCode::kCorrupt, name_, ": tensor ", Quote(*twice), " occurs twice");
  }
  return {};
}

const SafetensorsTensor* SafetensorsFile::FindTensor(std::string_view name) const {
  return FindByName(tensors_, tensors_by_name_, NameOf, name);
}

Result<TensorView> SafetensorsFile::Tensor(std::string_view name) const {
  const SafetensorsTensor* tensor = FindTensor(name);
  if (tensor == nullptr) {
    return Fail(ErrorCode::kNotFound, name_, ": tensor ", Quote(name), " is missing");
  }
  return View(*tensor);
}

Result<TensorView> SafetensorsFile::View(const SafetensorsTensor& tensor) const {
  if (!tensor.type->dtype) {
    return Fail(ErrorCode::kUnsupported, name_, ": tensor ", Quote(tensor.name), " is of type ",
                tensor.type->name, ", which Ingle cannot compute with");
  }
  return TensorView{*tensor.type->dtype, tensor.shape, tensor.data};
}

bool IsAligned(const TensorView& view, size_t alignment) {
  return reinterpret_cast<uintptr_t>(view.data) % alignment == 0;
}

}  // namespace ingle
