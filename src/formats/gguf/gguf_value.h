// One metadata value of a GGUF file, still encoded: a view of the file's bytes.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "formats/gguf/gguf_types.h"

namespace ingle {

// Copying is cheap; valid for as long as the bytes it was read from. The readers of this module
// make only values whose bytes are in order, so none of the calls below can leave them.
class GgufValue {
 public:
  // A scalar or a string. payload: the encoded value; of a string, the text alone.
  GgufValue(GgufType type, Bytes payload) : type_(type), payload_(payload) {}
  // An array. payload: the encoded elements, each string with its length before it.
  GgufValue(GgufType element_type, size_t count, Bytes payload)
      : type_(GgufType::kArray), element_type_(element_type), count_(count), payload_(payload) {}

  GgufType type() const { return type_; }
  bool is_array() const { return type_ == GgufType::kArray; }
  // Of an array: what it holds and how many.
  GgufType element_type() const { return element_type_; }
  size_t count() const { return count_; }
  Bytes payload() const { return payload_; }

  // Nothing when the value is not of that kind. Integers of any width are one kind, as long as the
  // number fits; so are both widths of float.
  std::optional<uint64_t> AsUint() const;
  std::optional<int64_t> AsInt() const;
  std::optional<double> AsFloat() const;
  std::optional<bool> AsBool() const;
  std::optional<std::string_view> AsString() const;

  // Arrays, whole. Strings are not copied: they point into the file.
  std::optional<std::vector<std::string_view>> AsStrings() const;
  std::optional<std::vector<int64_t>> AsInts() const;
  std::optional<std::vector<float>> AsFloats() const;
  std::optional<std::vector<bool>> AsBools() const;

 private:
  GgufType type_;
  GgufType element_type_ = GgufType::kUint8;
  size_t count_ = 0;
  Bytes payload_;
};

}  // namespace ingle
