// Reads GGUF, versions 2 and 3. docs/formats/gguf.md describes the format and what is refused.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_source.h"
#include "base/error.h"
#include "formats/gguf/gguf_types.h"
#include "formats/gguf/gguf_value.h"
#include "tensor/tensor_view.h"

namespace ingle {

struct GgufField {
  std::string_view key;
  GgufValue value;
};

struct GgufTensor {
  std::string_view name;
  const GgmlType* type;
  Shape shape;      // outermost first: the file's order reversed
  uint64_t offset;  // of the data, from the start of its file
  uint64_t bytes;
  const std::byte* data;
  size_t part;  // which file of a split model holds it, counted from 0
};

// An opened model file, checked as a whole: every name, value and tensor that it hands out lies
// inside the file, names are unique and tensors do not overlap.
//
// Views: everything returned points into the source and lives as long as this object or a copy.
// Memory: in proportion to the number of keys and tensors, never to what the file claims.
// Thread safety: const, so any thread.
class GgufFile {
 public:
  // One file. Of a split model, this part alone. Fails with kCorrupt for bytes that break the
  // format, kUnsupported for other formats, other versions and big-endian files.
  static Result<GgufFile> Open(std::shared_ptr<const ByteSource> source);

  // What messages call it: the path, of a split model that of the first part.
  const std::string& name() const { return sources_.front()->name(); }
  uint32_t version() const { return version_; }
  uint64_t alignment() const { return alignment_; }
  size_t parts() const { return sources_.size(); }
  const ByteSource& part(size_t index) const { return *sources_[index]; }

  // In the order of the file.
  std::span<const GgufField> fields() const { return fields_; }
  std::span<const GgufTensor> tensors() const { return tensors_; }

  // Null when there is none.
  const GgufValue* Find(std::string_view key) const;
  const GgufTensor* FindTensor(std::string_view name) const;
  bool Has(std::string_view key) const { return Find(key) != nullptr; }

  // Typed metadata. A missing key fails with kNotFound, another type or a number that does not fit
  // with kCorrupt; both name the file and the key. GgufValue says which types count as one kind.
  Result<uint64_t> Uint(std::string_view key) const;
  Result<int64_t> Int(std::string_view key) const;
  Result<double> Float(std::string_view key) const;
  Result<bool> Bool(std::string_view key) const;
  Result<std::string_view> String(std::string_view key) const;
  Result<std::vector<std::string_view>> Strings(std::string_view key) const;
  Result<std::vector<int64_t>> Ints(std::string_view key) const;
  Result<std::vector<float>> Floats(std::string_view key) const;
  Result<std::vector<bool>> Bools(std::string_view key) const;

  // The same where absence is fine. A value of another type is still an error.
  Result<uint64_t> UintOr(std::string_view key, uint64_t fallback) const;
  Result<int64_t> IntOr(std::string_view key, int64_t fallback) const;
  Result<double> FloatOr(std::string_view key, double fallback) const;
  Result<bool> BoolOr(std::string_view key, bool fallback) const;
  Result<std::string_view> StringOr(std::string_view key, std::string_view fallback) const;

  // A tensor to compute with. Fails with kNotFound, or with kUnsupported for a type that has no
  // DType. Data is aligned to 8 bytes at least where the source's memory is.
  Result<TensorView> Tensor(std::string_view name) const;
  Result<TensorView> View(const GgufTensor& tensor) const;

 private:
  friend class GgufParser;
  friend Result<GgufFile> OpenGguf(const std::string& path);
  GgufFile() = default;

  // Fails when a name occurs twice.
  Status IndexFields();
  Status IndexTensors();

  std::vector<std::shared_ptr<const ByteSource>> sources_;
  uint32_t version_ = 0;
  uint64_t alignment_ = 0;
  std::vector<GgufField> fields_;
  std::vector<GgufTensor> tensors_;
  // Positions in the two above, sorted by name.
  std::vector<size_t> fields_by_key_;
  std::vector<size_t> tensors_by_name_;
};

// Opens a model by path. When it is the first part of a split model (NAME-00001-of-00003.gguf), the
// other parts beside it too: tensors() are then those of all parts, metadata that of the first.
// Fails as Open does, and when a part is missing, is a part of something else, or is given instead
// of the first one.
Result<GgufFile> OpenGguf(const std::string& path);

}  // namespace ingle
