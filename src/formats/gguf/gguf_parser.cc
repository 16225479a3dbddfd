// GgufFile::Open: one pass over the header, with every length held against what is left of the
// file before anything is allocated or skipped, then one pass over the tensors' places.
#include <algorithm>
#include <bit>
#include <numeric>

#include "base/checked.h"
#include "formats/gguf/gguf_file.h"
#include "formats/gguf/gguf_format.h"
#include "formats/guess_format.h"
#include "formats/names.h"

namespace ingle {
namespace {

// Bytes of the smallest thing of its kind, which bound how many a file can hold.
constexpr uint64_t kMinFieldBytes = 8 + 1 + 4 + 1;           // key length, key, type, value
constexpr uint64_t kMinTensorBytes = 8 + 1 + 4 + 8 + 4 + 8;  // name, rank, extent, type, offset
constexpr uint64_t kMinStringBytes = 8;

}  // namespace

class GgufParser {
 public:
  static Result<GgufFile> Parse(std::shared_ptr<const ByteSource> source) {
    const Result<Bytes> bytes = source->View(0, source->size());
    if (!bytes) return Fail(bytes.error());
    GgufParser parser(std::move(source), *bytes);
    if (Status read = parser.Read(); !read) return Fail(read.error());
    return std::move(parser.file_);
  }

 private:
  GgufParser(std::shared_ptr<const ByteSource> source, Bytes bytes)
      : bytes_(bytes), reader_(bytes) {
    file_.sources_.push_back(std::move(source));
  }

  template <class... Parts>
  tl::unexpected<Error> FailIn(ErrorCode code, const Parts&... parts) const {
    return Fail(code, file_.name(), ": ", parts...);
  }
  template <class... Parts>
  tl::unexpected<Error> Corrupt(const Parts&... parts) const {
    return FailIn(ErrorCode::kCorrupt, parts...);
  }
  template <class... Parts>
  tl::unexpected<Error> EndsInside(const Parts&... what) const {
    return Corrupt("the file ends inside ", what..., "; was the download cut short?");
  }

  Status Read() {
    if (Status s = ReadPreamble(); !s) return s;
    if (Status s = ReadFields(); !s) return s;
    if (Status s = file_.IndexFields(); !s) return s;
    if (Status s = ReadAlignment(); !s) return s;
    if (Status s = ReadTensors(); !s) return s;
    if (Status s = file_.IndexTensors(); !s) return s;
    if (Status s = PlaceTensors(); !s) return s;
    return CheckOverlaps();
  }

  Status ReadPreamble() {
    const std::string_view head = AsText(bytes_.first(std::min<size_t>(bytes_.size(), 32)));
    if (!head.starts_with(kGgufMagic)) {
      return Corrupt("not a GGUF file", GuessFormat(head));
    }
    reader_.Take(kGgufMagic.size());
    const auto version = reader_.Read<uint32_t>();
    if (!version) return EndsInside("the version");
    if (*version != 0 && (*version & 0xFFFF) == 0) {
      return FailIn(ErrorCode::kUnsupported, "big-endian GGUF files are not supported");
    }
    if (*version < kGgufOldestVersion || *version > kGgufVersion) {
      return FailIn(ErrorCode::kUnsupported, "GGUF version ", *version, " is not supported, only ",
                    kGgufOldestVersion, " to ", kGgufVersion);
    }
    file_.version_ = *version;

    const auto tensors = reader_.Read<uint64_t>();
    const auto fields = reader_.Read<uint64_t>();
    if (!tensors || !fields) return EndsInside("its header");
    tensor_count_ = *tensors;
    field_count_ = *fields;
    if (field_count_ > reader_.remaining() / kMinFieldBytes) {
      return Corrupt("the header claims ", field_count_, " metadata keys, more than its ",
                     bytes_.size(), " bytes can hold");
    }
    if (tensor_count_ > reader_.remaining() / kMinTensorBytes) {
      return Corrupt("the header claims ", tensor_count_, " tensors, more than its ", bytes_.size(),
                     " bytes can hold");
    }
    return {};
  }

  // A key or a tensor's name. what: "metadata key 3".
  template <class... Parts>
  Result<std::string_view> ReadName(uint64_t limit, const Parts&... what) {
    const auto length = reader_.Read<uint64_t>();
    if (!length) return EndsInside("the name of ", what...);
    if (*length == 0) return Corrupt(what..., " has an empty name");
    if (*length > limit) {
      return Corrupt("the name of ", what..., " is ", *length, " bytes long, the limit is ", limit);
    }
    const auto name = reader_.Take(*length);
    if (!name) return EndsInside("the name of ", what...);
    if (HasControlBytes(AsText(*name))) {
      return Corrupt("the name of ", what..., ", ", Quote(AsText(*name)), ", holds control bytes");
    }
    return AsText(*name);
  }

  Status ReadFields() {
    for (uint64_t i = 0; i < field_count_; ++i) {
      const Result<std::string_view> key = ReadName(kGgufMaxKeyBytes, "metadata key ", i);
      if (!key) return Fail(key.error());
      const Result<GgufType> type = ReadType(*key, "");
      if (!type) return Fail(type.error());
      const Result<GgufValue> value =
          *type == GgufType::kArray ? ReadArray(*key) : ReadScalar(*key, *type);
      if (!value) return Fail(value.error());
      file_.fields_.push_back({*key, *value});
    }
    return {};
  }

  Result<GgufType> ReadType(std::string_view key, std::string_view of_elements) {
    const auto id = reader_.Read<uint32_t>();
    if (!id) return EndsInside("metadata key ", Quote(key));
    const auto type = GgufTypeFromId(*id);
    if (!type) {
      return Corrupt("metadata key ", Quote(key), " has", of_elements, " unknown type ", *id);
    }
    return *type;
  }

  Result<GgufValue> ReadScalar(std::string_view key, GgufType type) {
    if (type == GgufType::kString) {
      const Result<Bytes> text = ReadString(key);
      if (!text) return Fail(text.error());
      return GgufValue(type, *text);
    }
    const auto payload = reader_.Take(FixedBytes(type));
    if (!payload) return EndsInside("metadata key ", Quote(key));
    if (type == GgufType::kBool) {
      if (Status s = CheckBools(key, *payload); !s) return Fail(s.error());
    }
    return GgufValue(type, *payload);
  }

  Result<Bytes> ReadString(std::string_view key) {
    const auto length = reader_.Read<uint64_t>();
    if (!length) return EndsInside("metadata key ", Quote(key));
    const auto text = reader_.Take(*length);
    if (!text) {
      return Corrupt("metadata key ", Quote(key), " claims a string of ", *length,
                     " bytes, but only ", reader_.remaining(), " are left in the file");
    }
    return *text;
  }

  Result<GgufValue> ReadArray(std::string_view key) {
    const Result<GgufType> type = ReadType(key, " elements of");
    if (!type) return Fail(type.error());
    if (*type == GgufType::kArray) {
      return FailIn(ErrorCode::kUnsupported, "metadata key ", Quote(key), " is an array of arrays");
    }
    const auto count = reader_.Read<uint64_t>();
    if (!count) return EndsInside("metadata key ", Quote(key));
    const bool strings = *type == GgufType::kString;
    const uint64_t element_bytes = strings ? kMinStringBytes : FixedBytes(*type);
    if (*count > reader_.remaining() / element_bytes) {
      return Corrupt("metadata key ", Quote(key), " claims ", *count, " elements of ", Name(*type),
                     ", but only ", reader_.remaining(), " bytes are left in the file");
    }
    if (*count > kGgufMaxArrayElements) {
      return FailIn(ErrorCode::kTooLarge, "metadata key ", Quote(key), " has ", *count,
                    " elements, the limit is ", kGgufMaxArrayElements);
    }
    const auto begin = static_cast<size_t>(reader_.offset());
    if (strings) {
      for (uint64_t i = 0; i < *count; ++i) {
        if (Result<Bytes> text = ReadString(key); !text) return Fail(text.error());
      }
    } else {
      reader_.Take(*count * element_bytes);
    }
    const Bytes payload = bytes_.subspan(begin, static_cast<size_t>(reader_.offset()) - begin);
    if (*type == GgufType::kBool) {
      if (Status s = CheckBools(key, payload); !s) return Fail(s.error());
    }
    return GgufValue(*type, static_cast<size_t>(*count), payload);
  }

  Status CheckBools(std::string_view key, Bytes payload) const {
    for (const std::byte value : payload) {
      if (value > std::byte{1}) {
        return Corrupt("metadata key ", Quote(key), " holds a bool of value ",
                       std::to_integer<int>(value), ", neither 0 nor 1");
      }
    }
    return {};
  }

  Status ReadAlignment() {
    file_.alignment_ = kGgufDefaultAlignment;
    const GgufValue* value = file_.Find(kGgufAlignmentKey);
    if (value == nullptr) return {};
    if (value->type() != GgufType::kUint32) {
      return Corrupt("metadata key '", kGgufAlignmentKey, "' must be a uint32");
    }
    const uint64_t alignment = *value->AsUint();
    if (!std::has_single_bit(alignment) || alignment < kGgufMinAlignment ||
        alignment > kGgufMaxAlignment) {
      return Corrupt("metadata key '", kGgufAlignmentKey, "' is ", alignment,
                     ", not a power of two from ", kGgufMinAlignment, " to ", kGgufMaxAlignment);
    }
    file_.alignment_ = alignment;
    return {};
  }

  Status ReadTensors() {
    if (tensor_count_ > reader_.remaining() / kMinTensorBytes) {
      return Corrupt("the header claims ", tensor_count_, " tensors, but only ",
                     reader_.remaining(), " bytes follow the metadata");
    }
    for (uint64_t i = 0; i < tensor_count_; ++i) {
      const Result<std::string_view> name = ReadName(kMaxTensorNameBytes, "tensor ", i);
      if (!name) return Fail(name.error());
      Result<GgufTensor> tensor = ReadTensor(*name);
      if (!tensor) return Fail(tensor.error());
      file_.tensors_.push_back(*tensor);
    }
    return {};
  }

  Result<GgufTensor> ReadTensor(std::string_view name) {
    const Result<Shape> shape = ReadShape(name);
    if (!shape) return Fail(shape.error());
    const auto type_id = reader_.Read<uint32_t>();
    const auto offset = reader_.Read<uint64_t>();
    if (!type_id || !offset) return EndsInside("the description of tensor ", Quote(name));
    const GgmlType* type = FindGgmlType(*type_id);
    if (type == nullptr) {
      return Corrupt("tensor ", Quote(name), " has unknown type ", *type_id);
    }
    if (shape->columns() % type->block_elements != 0) {
      return Corrupt("tensor ", Quote(name), " of type ", type->name, " has rows of ",
                     shape->columns(), " elements, not a multiple of ", type->block_elements);
    }
    const auto bytes = CheckedMul(shape->elements() / type->block_elements, type->block_bytes);
    if (!bytes) {
      return Corrupt("tensor ", Quote(name), " of shape ", ToString(*shape),
                     " has more than 2^64 bytes");
    }
    return GgufTensor{name, type, *shape, *offset, *bytes, nullptr, 0};
  }

  Result<Shape> ReadShape(std::string_view name) {
    const auto rank = reader_.Read<uint32_t>();
    if (!rank) return EndsInside("the description of tensor ", Quote(name));
    if (*rank == 0) return Corrupt("tensor ", Quote(name), " has no dimensions");
    if (*rank > kGgufMaxRank) {
      return Corrupt("tensor ", Quote(name), " has ", *rank, " dimensions, the limit is ",
                     kGgufMaxRank);
    }
    std::array<uint64_t, kGgufMaxRank> extents{};
    uint64_t elements = 1;
    for (uint32_t axis = 0; axis < *rank; ++axis) {
      const auto extent = reader_.Read<uint64_t>();
      if (!extent) return EndsInside("the description of tensor ", Quote(name));
      if (*extent == 0) return Corrupt("tensor ", Quote(name), ": dimension ", axis, " is 0");
      const auto product = CheckedMul(elements, *extent);
      if (!product) {
        return Corrupt("tensor ", Quote(name), ": its dimensions multiply to more than 2^64");
      }
      elements = *product;
      extents[axis] = *extent;
    }
    Shape shape;
    for (uint32_t axis = *rank; axis-- > 0;) shape.Append(extents[axis]);
    return shape;
  }

  // Turns offsets within the data section into offsets within the file, and views.
  Status PlaceTensors() {
    if (file_.tensors_.empty()) return {};  // a vocabulary; nothing pads its end
    const auto data_begin = CheckedAlignUp(reader_.offset(), file_.alignment_);
    for (GgufTensor& tensor : file_.tensors_) {
      if (tensor.offset % file_.alignment_ != 0) {
        return Corrupt("tensor ", Quote(tensor.name), " begins at ", tensor.offset,
                       ", not a multiple of the alignment ", file_.alignment_);
      }
      const auto begin = CheckedAdd(*data_begin, tensor.offset);
      const auto end = begin ? CheckedAdd(*begin, tensor.bytes) : std::nullopt;
      if (!end || *end > bytes_.size()) {
        return Corrupt("tensor ", Quote(tensor.name), " (", tensor.bytes, " bytes at ",
                       tensor.offset, " of the data that begins at ", *data_begin,
                       ") ends beyond the file's ", bytes_.size(),
                       " bytes; was the download cut short?");
      }
      tensor.offset = *begin;
      tensor.data = bytes_.data() + *begin;
    }
    return {};
  }

  Status CheckOverlaps() const {
    const std::vector<GgufTensor>& tensors = file_.tensors_;
    std::vector<size_t> order(tensors.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::sort(order.begin(), order.end(),
              [&](size_t a, size_t b) { return tensors[a].offset < tensors[b].offset; });
    for (size_t i = 1; i < order.size(); ++i) {
      const GgufTensor& before = tensors[order[i - 1]];
      const GgufTensor& after = tensors[order[i]];
      if (after.offset - before.offset < before.bytes) {
        return Corrupt("tensors ", Quote(before.name), " and ", Quote(after.name), " overlap");
      }
    }
    return {};
  }

  Bytes bytes_;
  ByteReader reader_;
  GgufFile file_;
  uint64_t tensor_count_ = 0;
  uint64_t field_count_ = 0;
};

Result<GgufFile> GgufFile::Open(std::shared_ptr<const ByteSource> source) {
  return GgufParser::Parse(std::move(source));
}

}  // namespace ingle
