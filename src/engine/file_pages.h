// How much of a model's mapped files is in memory when some of their bytes have been looked at.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/byte_source.h"
#include "tensor/tensor_view.h"

namespace ingle {

// Systems map more than the page that is looked at, where what is around it is cached: Linux the 64
// kB that it lies in (fault_around_bytes).
class FilePages {
 public:
  // Views outside of these files, and in those without a stamp, are no files' and count nothing.
  explicit FilePages(const std::vector<const ByteSource*>& files);

  // All bytes of it are read.
  void Read(const TensorView& tensor);
  // So many of its rows are, anywhere in it: tokens of a text.
  void LookUp(const TensorView& table, uint64_t rows);

  bool IsMapped(const TensorView& tensor) const;
  uint64_t bytes() const;

 private:
  using Range = std::pair<uint64_t, uint64_t>;

  std::vector<Range> files_;  // addresses
  std::vector<Range> read_;   // numbers of pieces
  double looked_up_ = 0;      // pieces, as far as can be expected
};

}  // namespace ingle
