// What the fuzz targets of kernels share: choices taken from the input, and memory that is placed
// as badly as a kernel has to bear.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "base/cpu.h"

namespace ingle {

inline void Check(bool holds) {
  if (!holds) std::abort();
}

inline bool CanRun(CpuFeatures needs) { return (needs & ~UsableCpuFeatures()) == 0; }

inline bool SameBits(float a, float b) {
  return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b) ||
         (std::isnan(a) && std::isnan(b));
}

// What the fuzzer gave, from the front; zeros once it is used up.
struct FuzzedBytes {
  std::string_view left;

  size_t Number(size_t below) {
    const size_t byte = left.empty() ? 0 : static_cast<unsigned char>(left[0]);
    left.remove_prefix(std::min<size_t>(1, left.size()));
    return byte % below;
  }
  bool Flag() { return Number(2) == 1; }
  // Over and over, as far as `size`.
  std::vector<std::byte> Repeated(size_t size, size_t length) {
    const std::string_view pattern = left.substr(0, length);
    left.remove_prefix(pattern.size());
    std::vector<std::byte> bytes(size);
    for (size_t i = 0; i < size && !pattern.empty(); ++i) {
      bytes[i] = static_cast<std::byte>(pattern[i % pattern.size()]);
    }
    return bytes;
  }
};

// Floats, or bytes, that begin 4 * offset bytes into their memory and end where it does, so that a
// sanitizer sees what is read or written behind them.
template <class T>
class Placed {
 public:
  Placed(size_t offset, std::span<const T> values)
      : begin_(offset * 4 / sizeof(T)), memory_(begin_ + values.size(), T{kBefore}) {
    std::copy(values.begin(), values.end(), memory_.begin() + static_cast<ptrdiff_t>(begin_));
  }

  T* data() { return memory_.data() + begin_; }
  const T* data() const { return memory_.data() + begin_; }
  size_t size() const { return memory_.size() - begin_; }
  // Whether nothing was written in front of them.
  bool intact() const {
    return std::all_of(memory_.begin(), memory_.begin() + static_cast<ptrdiff_t>(begin_),
                       [](T value) { return value == T{kBefore}; });
  }

 private:
  static constexpr uint8_t kBefore = 90;
  size_t begin_;
  std::vector<T> memory_;
};

}  // namespace ingle
