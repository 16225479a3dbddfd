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

// bytes of memory aligned to a cache line, or to a power of two that is more; null when there is
// none to be had. Not initialised.
inline AlignedMemory AllocateAligned(size_t bytes, size_t alignment = 64) {
  const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  return AlignedMemory(
      static_cast<std::byte*>(std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded)));
}

}  // namespace ingle
