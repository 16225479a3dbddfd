// Writes safetensors: for the same tensors and metadata the bytes that the reference implementation
// writes.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace ingle {

struct SafetensorsSpec {
  std::string name;
  DType type;
  Shape shape;

  uint64_t bytes() const { return shape.rows() * RowBytes(type, shape.columns()); }
};

// What a file will hold. A plain value that owns its bytes.
//
// Tensors lie in the file in an order of their own: by type, from those of eight bytes down to
// those of one, then by name. So each begins at a multiple of its element's size.
class SafetensorsLayout {
 public:
  // Fails with kInvalidArgument for what the reader would refuse: empty, double or reserved names,
  // text that is not UTF-8, more than 100 MB of header; and for a type that the format lacks.
  static Result<SafetensorsLayout> Make(
      std::vector<SafetensorsSpec> tensors,
      std::vector<std::pair<std::string, std::string>> metadata = {});

  // In the order of the file.
  std::span<const SafetensorsSpec> tensors() const { return tensors_; }
  // All that stands before the data.
  const std::string& header() const { return header_; }

 private:
  SafetensorsLayout() = default;

  std::vector<SafetensorsSpec> tensors_;
  std::string header_;
};

// Streams a checkpoint to disk. The file appears under its name when Finish succeeds, not before.
class SafetensorsWriter {
 public:
  static Result<SafetensorsWriter> Create(const std::string& path, const SafetensorsLayout& layout);

  // The next bytes of tensor data, tensors in the layout's order, one after the other; a call may
  // bring part of a tensor but not parts of two.
  Status Write(Bytes data);

  // Fails with kInvalidArgument when data is missing.
  Status Finish();

 private:
  SafetensorsWriter(AtomicFile file, std::vector<uint64_t> tensor_bytes)
      : file_(std::move(file)), tensor_bytes_(std::move(tensor_bytes)) {}
  void SkipEmpty();

  AtomicFile file_;
  std::vector<uint64_t> tensor_bytes_;
  size_t tensor_ = 0;     // whose turn it is
  uint64_t written_ = 0;  // of that one
};

// A whole file in memory: data[i] is layout.tensors()[i]'s. For tests and small files.
Result<std::string> EncodeSafetensors(const SafetensorsLayout& layout, std::span<const Bytes> data);

}  // namespace ingle
