#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace ingle {

struct FreeMemory {
  void operator()(std::byte* memory) const { std::free(memory); }
};
using AlignedMemory = std::unique_ptr<std::byte[], FreeMemory>;

// bytes of memory aligned to a cache line; null when there is none to be had. Not initialised.
inline AlignedMemory AllocateAligned(size_t bytes) {
  constexpr size_t kLine = 64;
  const size_t rounded = (bytes + kLine - 1) / kLine * kLine;
  return AlignedMemory(
      static_cast<std::byte*>(std::aligned_alloc(kLine, rounded == 0 ? kLine : rounded)));
}

}  // namespace ingle
