#include "engine/kv_cache.h"

#include "base/memory.h"

namespace ingle {
namespace {

// Address space that is taken at a time; of memory the system gives what is written to.
constexpr uint64_t kSlabBytes = 8 * kLargePage;
// With smaller pages than this a session has few of them.
constexpr uint64_t kWorthLargePages = kLargePage / 16;

}  // namespace

Status KvCache::Grow(std::vector<std::byte*>& pages, size_t count) {
  const size_t before = pages.size();
  while (pages.size() < count) {
    const auto page = Take();
    if (!page) {
      Shrink(pages, before);
      return Fail(page.error());
    }
    pages.push_back(*page);
  }
  return {};
}

void KvCache::Shrink(std::vector<std::byte*>& pages, size_t count) {
  while (pages.size() > count) {
    free_.push_back(pages.back());
    pages.pop_back();
  }
}

Result<std::byte*> KvCache::Take() {
  if (!free_.empty()) {
    std::byte* page = free_.back();
    free_.pop_back();
    return page;
  }
  if (byte_limit_ > 0 && allocated_bytes() + layout_.page_bytes > byte_limit_) {
    return Fail(ErrorCode::kOutOfMemory, "the cache is full: its ", taken_, " pages take ",
                allocated_bytes(), " of ", byte_limit_, " bytes");
  }
  if (next_ == end_ && !AddSlab()) {
    return Fail(ErrorCode::kOutOfMemory, "no memory for another cache page of ", layout_.page_bytes,
                " bytes; there are ", taken_);
  }
  std::byte* page = next_;
  next_ += layout_.page_bytes;
  ++taken_;
  return page;
}

bool KvCache::AddSlab() {
  const bool large = layout_.page_bytes >= kWorthLargePages;
  const uint64_t pages = large ? (kSlabBytes + layout_.page_bytes - 1) / layout_.page_bytes : 1;
  const uint64_t bytes = pages * layout_.page_bytes;
  AlignedMemory slab = large ? AllocateAligned(bytes, kLargePage) : AllocateAligned(bytes);
  if (!slab) return false;
  if (large) PreferLargePages(slab.get(), bytes);
  next_ = slab.get();
  end_ = next_ + bytes;
  slabs_.push_back(std::move(slab));
  return true;
}

}  // namespace ingle
