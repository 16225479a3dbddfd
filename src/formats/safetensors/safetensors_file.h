// Reads safetensors. docs/formats/safetensors.md describes the format and what is refused.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/byte_source.h"
#include "base/error.h"
#include "tensor/tensor_view.h"

namespace ingle {

struct SafetensorsTensor {
  std::string name;
  std::string dtype;          // as the file writes it: "BF16"
  std::optional<DType> type;  // nothing for a dtype that Ingle has no name for
  Shape shape;
  uint64_t bytes = 0;
  const std::byte* data = nullptr;  // aligned to one byte

  // REQUIRES: type.
  TensorView view() const { return {*type, shape, data}; }
};

// An opened file, checked as a whole: names are unique, tensors fill its data without gap or
// overlap, and each has the bytes that its shape and dtype make.
//
// Views point into the source and live as long as this object or a copy. Thread safety: const.
class SafetensorsFile {
 public:
  // Fails with kCorrupt for bytes that break the format, kTooLarge for a header beyond the limit of
  // the reference implementation, 100 MB.
  static Result<SafetensorsFile> Open(std::shared_ptr<const ByteSource> source);

  const std::string& name() const { return source_->name(); }
  std::span<const SafetensorsTensor> tensors() const { return tensors_; }  // by their place
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  explicit SafetensorsFile(std::shared_ptr<const ByteSource> source) : source_(std::move(source)) {}

  std::shared_ptr<const ByteSource> source_;
  std::vector<SafetensorsTensor> tensors_;
  std::map<std::string, std::string> metadata_;
};

// The tensors of a checkpoint folder: model.safetensors, or the shards that
// model.safetensors.index.json lists. Shards lie in the folder itself; each tensor is in the shard
// that the index says, and nowhere else.
Result<std::vector<SafetensorsFile>> OpenSafetensorsFolder(const std::string& folder);

}  // namespace ingle
