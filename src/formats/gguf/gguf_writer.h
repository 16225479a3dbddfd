// Writes GGUF version 3, little endian, alignment 32.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "formats/gguf/gguf_value.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace ingle {

// What stands before the tensors' data: metadata in the order set, then the tensors in the order
// added. A plain value that owns its bytes.
class GgufHeader {
 public:
  // A key that is set again keeps its place and takes the new value.
  void Set(std::string_view key, const GgufValue& value);  // copies, from another file say
  void SetUint32(std::string_view key, uint32_t value);
  void SetUint64(std::string_view key, uint64_t value);
  void SetInt32(std::string_view key, int32_t value);
  void SetFloat32(std::string_view key, float value);
  void SetBool(std::string_view key, bool value);
  void SetString(std::string_view key, std::string_view value);
  void SetStrings(std::string_view key, std::span<const std::string_view> values);
  void SetInts(std::string_view key, std::span<const int32_t> values);
  void SetFloats(std::string_view key, std::span<const float> values);
  void SetBools(std::string_view key, const std::vector<bool>& values);

  void AddTensor(std::string_view name, DType type, const Shape& shape);

  size_t tensor_count() const { return tensors_.size(); }
  uint64_t tensor_bytes(size_t index) const { return tensors_[index].bytes; }

  // The header, padded up to where the data begins. Fails with kInvalidArgument for what the reader
  // would refuse: empty or double names, a row that is no whole number of blocks, another
  // alignment.
  Result<std::string> Encode() const;

 private:
  struct Field {
    std::string key;
    std::string encoded;  // type and value
  };
  struct Tensor {
    std::string name;
    DType type;
    Shape shape;
    uint64_t bytes;
  };
  void SetEncoded(std::string_view key, std::string encoded);
  Status Check() const;

  std::vector<Field> fields_;
  std::unordered_map<std::string, size_t> field_by_key_;
  std::vector<Tensor> tensors_;
};

// Streams a model to disk. The file appears under its name when Finish succeeds, not before.
class GgufWriter {
 public:
  static Result<GgufWriter> Create(const std::string& path, const GgufHeader& header);

  // The next bytes of tensor data, tensors in the header's order, one after the other; a call may
  // bring part of a tensor but not parts of two. Padding is the writer's business.
  Status Write(Bytes data);

  // Fails with kInvalidArgument when data is missing.
  Status Finish();

 private:
  GgufWriter(AtomicFile file, std::vector<uint64_t> tensor_bytes)
      : file_(std::move(file)), tensor_bytes_(std::move(tensor_bytes)) {}

  AtomicFile file_;
  std::vector<uint64_t> tensor_bytes_;
  size_t tensor_ = 0;     // whose turn it is
  uint64_t written_ = 0;  // of that one
};

// A whole file in memory: data[i] is tensor i's. For tests and small files.
Result<std::string> EncodeGguf(const GgufHeader& header, std::span<const Bytes> data);

}  // namespace ingle
