// The memory of keys and values: pages that sessions take as they grow and give back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/aligned_memory.h"
#include "base/error.h"
#include "compile/cache_layout.h"

namespace ingle {

// Hands out pages of one size, up to a limit. Pages that come back are kept for the next session.
// They lie next to each other in large pages of the system, where it has such: a long cache is read
// from one end to the other for each token.
// Not thread-safe: belongs to the engine's step.
class KvCache {
 public:
  // byte_limit: of all pages together; 0 for none.
  KvCache(const CacheLayout& layout, uint64_t byte_limit)
      : layout_(layout), byte_limit_(byte_limit) {}

  const CacheLayout& layout() const { return layout_; }
  uint64_t allocated_bytes() const { return taken_ * layout_.page_bytes; }

  // How many pages hold this many positions.
  size_t PagesFor(uint64_t positions) const {
    if (layout_.page_bytes == 0) return 0;
    return static_cast<size_t>((positions + layout_.page_tokens - 1) / layout_.page_tokens);
  }

  // Adds pages until there are count. On failure, kOutOfMemory, pages is as before.
  Status Grow(std::vector<std::byte*>& pages, size_t count);

  // Takes pages back until count are left.
  void Shrink(std::vector<std::byte*>& pages, size_t count);

 private:
  Result<std::byte*> Take();
  bool AddSlab();
  bool AddSlab(uint64_t pages);

  CacheLayout layout_;
  uint64_t byte_limit_;
  std::vector<AlignedMemory> slabs_;  // of some pages each
  std::byte* next_ = nullptr;         // page of the last slab that was never taken; end_: none
  std::byte* end_ = nullptr;
  uint64_t taken_ = 0;  // pages, given back or not
  std::vector<std::byte*> free_;
};

}  // namespace ingle
