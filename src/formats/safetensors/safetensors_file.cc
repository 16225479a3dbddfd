#include "formats/safetensors/safetensors_file.h"

#include <algorithm>
#include <cstring>

#include "base/checked.h"
#include "formats/safetensors/json_object.h"

namespace ingle {
namespace {

using nlohmann::json;

constexpr uint64_t kLengthBytes = 8;
constexpr uint64_t kLongestHeader = 100'000'000;  // the reference implementation's limit

struct StoredType {
  std::string_view name;
  uint32_t bytes;
  std::optional<DType> type;
};
constexpr StoredType kStoredTypes[] = {
    {"F32", 4, DType::kF32},   {"F16", 2, DType::kF16},      {"BF16", 2, DType::kBF16},
    {"I32", 4, DType::kI32},   {"F64", 8, std::nullopt},     {"I64", 8, std::nullopt},
    {"I16", 2, std::nullopt},  {"I8", 1, std::nullopt},      {"U64", 8, std::nullopt},
    {"U32", 4, std::nullopt},  {"U16", 2, std::nullopt},     {"U8", 1, std::nullopt},
    {"BOOL", 1, std::nullopt}, {"F8_E4M3", 1, std::nullopt}, {"F8_E5M2", 1, std::nullopt},
};

const StoredType* FindType(std::string_view name) {
  for (const StoredType& type : kStoredTypes) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

std::optional<uint64_t> AsCount(const json& value) {
  if (!value.is_number_unsigned()) return std::nullopt;
  return value.get<uint64_t>();
}

// [2, 3] as a shape, and how many elements it has.
Result<uint64_t> ReadShape(const json& entry, Shape& shape) {
  const auto list = entry.find("shape");
  if (list == entry.end() || !list->is_array()) return Fail(ErrorCode::kCorrupt, "has no shape");
  if (list->size() > kMaxRank) {
    return Fail(ErrorCode::kUnsupported, "has ", list->size(), " dimensions; at most ", kMaxRank,
                " are possible");
  }
  uint64_t elements = 1;
  for (const json& extent : *list) {
    const auto count = AsCount(extent);
    const auto product = count ? CheckedMul(elements, *count) : std::nullopt;
    if (!product) return Fail(ErrorCode::kCorrupt, "has a shape beyond all numbers");
    elements = *product;
    shape.Append(*count);
  }
  return elements;
}

struct Range {
  uint64_t begin;
  uint64_t end;
};

Result<Range> ReadRange(const json& entry, uint64_t data_bytes) {
  const auto offsets = entry.find("data_offsets");
  if (offsets == entry.end() || !offsets->is_array() || offsets->size() != 2) {
    return Fail(ErrorCode::kCorrupt, "has no data_offsets of two numbers");
  }
  const auto begin = AsCount((*offsets)[0]);
  const auto end = AsCount((*offsets)[1]);
  if (!begin || !end || *begin > *end || *end > data_bytes) {
    return Fail(ErrorCode::kCorrupt, "lies at ", offsets->dump(), ", outside the ", data_bytes,
                " bytes of data");
  }
  return Range{*begin, *end};
}

// A tensor's entry in the header; `data` is where the data begin.
Result<SafetensorsTensor> ReadTensor(const std::string& name, const json& entry, Bytes data) {
  if (!entry.is_object()) return Fail(ErrorCode::kCorrupt, "is not described by an object");
  SafetensorsTensor tensor;
  tensor.name = name;
  const auto dtype = entry.find("dtype");
  if (dtype == entry.end() || !dtype->is_string()) {
    return Fail(ErrorCode::kCorrupt, "has no dtype");
  }
  tensor.dtype = dtype->get<std::string>();
  const StoredType* type = FindType(tensor.dtype);
  if (type == nullptr) {
    return Fail(ErrorCode::kUnsupported, "has the dtype ", Quote(tensor.dtype),
                ", which is not known");
  }
  tensor.type = type->type;
  const auto elements = ReadShape(entry, tensor.shape);
  if (!elements) return Fail(elements.error());
  const auto range = ReadRange(entry, data.size());
  if (!range) return Fail(range.error());
  tensor.bytes = range->end - range->begin;
  tensor.data = data.data() + range->begin;
  const auto wanted = CheckedMul(*elements, type->bytes);
  if (!wanted || *wanted != tensor.bytes) {
    return Fail(ErrorCode::kCorrupt, "is ", tensor.dtype, " ", ToString(tensor.shape), ", but has ",
                tensor.bytes, " bytes");
  }
  return tensor;
}

Status ReadMetadata(const json& entry, std::map<std::string, std::string>& metadata) {
  if (!entry.is_object()) return Fail(ErrorCode::kCorrupt, "__metadata__ is not an object");
  for (const auto& [key, value] : entry.items()) {
    if (!value.is_string()) {
      return Fail(ErrorCode::kCorrupt, "__metadata__ holds something else than text");
    }
    metadata[key] = value.get<std::string>();
  }
  return {};
}

// Tensors follow each other from the first byte of the data to the last.
Status CheckCoverage(std::vector<SafetensorsTensor>& tensors, Bytes data) {
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
    return std::pair(a.data, a.bytes) < std::pair(b.data, b.bytes);
  });
  const std::byte* at = data.data();
  for (const SafetensorsTensor& tensor : tensors) {
    if (tensor.data != at) {
      return Fail(ErrorCode::kCorrupt, "tensor ", Quote(tensor.name),
                  tensor.data < at ? " overlaps the one before it" : " follows a gap");
    }
    at += tensor.bytes;
  }
  if (at != data.data() + data.size()) {
    return Fail(ErrorCode::kCorrupt, "has ", data.data() + data.size() - at,
                " bytes after its last tensor");
  }
  return {};
}

}  // namespace

Result<SafetensorsFile> SafetensorsFile::Open(std::shared_ptr<const ByteSource> source) {
  SafetensorsFile file(std::move(source));
  const auto fail = [&](ErrorCode code, const auto&... parts) {
    return Fail(code, file.name(), ": ", parts...);
  };
  const uint64_t size = file.source_->size();
  if (size < kLengthBytes) return fail(ErrorCode::kCorrupt, "is too short for safetensors");
  const auto prefix = file.source_->View(0, kLengthBytes);
  if (!prefix) return Fail(prefix.error());
  uint64_t length = 0;
  std::memcpy(&length, prefix->data(), sizeof(length));
  if (length > kLongestHeader) {
    return fail(ErrorCode::kTooLarge, "says that its header has ", length, " bytes; at most ",
                kLongestHeader, " are read");
  }
  if (length > size - kLengthBytes) {
    return fail(ErrorCode::kCorrupt, "says that its header has ", length, " bytes, but has ", size,
                " in all");
  }
  const auto header = file.source_->View(kLengthBytes, length);
  if (!header) return Fail(header.error());
  const auto data = file.source_->View(kLengthBytes + length, size - kLengthBytes - length);
  if (!data) return Fail(data.error());

  const std::string_view text(reinterpret_cast<const char*>(header->data()), length);
  const auto parsed = ParseJsonObject(text, 3);
  if (!parsed) return Fail(parsed.error(), file.name(), ": the header");
  for (const auto& [name, entry] : parsed->items()) {
    if (name == "__metadata__") {
      const Status read = ReadMetadata(entry, file.metadata_);
      if (!read) return Fail(read.error(), file.name());
      continue;
    }
    auto tensor = ReadTensor(name, entry, *data);
    if (!tensor)
      return fail(tensor.error().code(), "tensor ", Quote(name), " ", tensor.error().message());
    file.tensors_.push_back(*std::move(tensor));
  }
  if (const Status covered = CheckCoverage(file.tensors_, *data); !covered) {
    return Fail(covered.error(), file.name());
  }
  return file;
}

}  // namespace ingle
