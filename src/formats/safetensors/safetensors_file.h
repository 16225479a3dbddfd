// Reads safetensors, one file or several. docs/formats/safetensors.md describes the format and what
// is refused.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_source.h"
#include "base/error.h"
#include "formats/safetensors/safetensors_types.h"
#include "tensor/tensor_view.h"

namespace ingle {

struct SafetensorsTensor {
  std::string name;
  const SafetensorsType* type;
  Shape shape;      // outermost first, as in the file; no dimensions is a scalar, extents may be 0
  uint64_t offset;  // of the data, from the start of its file
  uint64_t bytes;
  const std::byte* data;
  size_t part;  // which file of a sharded checkpoint holds it, counted from 0
};

// The tensors of a checkpoint, in one file or in shards, checked as a whole: every tensor lies
// inside its file, is as long as its type and shape say, and shares no byte with another; no byte
// of data belongs to none; names are unique.
//
// Views: data points into the source and lives as long as this object or a copy.
// Alignment: none is promised, though the reference implementation aligns every tensor to its
// elements. Who reads elements in place has to ask (IsAligned) and copy if need be; what decodes
// rows (DequantizeRow) does not care.
// Memory: in proportion to the headers, never to what they claim.
// Thread safety: const, so any thread.
class SafetensorsFile {
 public:
  // One file. Fails with kCorrupt for bytes that break the format's rules, and kTooLarge for a
  // header above 100 MB, which is the format's limit.
  static Result<SafetensorsFile> Open(std::shared_ptr<const ByteSource> source);

  // What messages call it: the path, of a sharded checkpoint that of its index.
  const std::string& name() const { return name_; }
  size_t parts() const { return sources_.size(); }
  const ByteSource& part(size_t index) const { return *sources_[index]; }

  // Text that the writer left, in the file's order; of shards that of the first.
  std::span<const std::pair<std::string, std::string>> metadata() const { return metadata_; }
  // In the order of their data.
  std::span<const SafetensorsTensor> tensors() const { return tensors_; }

  // Null when there is none.
  const SafetensorsTensor* FindTensor(std::string_view name) const;

  // A tensor by its dtype. Fails with kNotFound, or with kUnsupported for a type without a DType.
  Result<TensorView> Tensor(std::string_view name) const;
  Result<TensorView> View(const SafetensorsTensor& tensor) const;

 private:
  friend Result<SafetensorsFile> OpenSafetensorsIndex(const std::string& path);
  SafetensorsFile() = default;

  Status Read(std::shared_ptr<const ByteSource> source);
  // Sorts by place; fails where the data has an overlap, a gap or an end that is not the file's.
  Status CheckPlaces(uint64_t data_begin, uint64_t file_bytes);
  // Fails when a name occurs twice.
  Status IndexTensors();

  std::string name_;
  std::vector<std::shared_ptr<const ByteSource>> sources_;
  std::vector<std::pair<std::string, std::string>> metadata_;
  std::vector<SafetensorsTensor> tensors_;
  std::vector<size_t> tensors_by_name_;  // positions in tensors_
};

// Whether a view's elements can be read in place.
bool IsAligned(const TensorView& view, size_t alignment);

// Opens a checkpoint by path: a .safetensors file; an index, which is a .json file that says which
// tensor is in which file beside it; or a folder with model.safetensors or
// model.safetensors.index.json in it, the first if both are there. Of shards, tensors() are those
// that the index lists.
//
// Fails as Open does; with kNotFound when a file is missing, the error naming which; and with
// kCorrupt for an index that names a file outside its folder or a tensor that its file lacks.
Result<SafetensorsFile> OpenSafetensors(const std::string& path);

}  // namespace ingle
