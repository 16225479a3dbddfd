#include "engine/kv_cache.h"

#include <algorithm>

#include "base/memory.h"

namespace ingle {
namespace {

// Pages are taken from the system as many at a time as there are already, up to so many bytes.
constexpr uint64_t kSlabBytes = 8 * kLargePage;

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
  uint64_t pages = std::clamp<uint64_t>(taken_, 1, kSlabBytes / layout_.page_bytes + 1);
  if (byte_limit_ > 0) {
    pages = std::min(pages, (byte_limit_ - allocated_bytes()) / layout_.page_bytes);
  }
  return AddSlab(pages) || (pages > 1 && AddSlab(1));
}

bool KvCache::AddSlab(uint64_t pages) {
  const uint64_t bytes = pages * layout_.page_bytes;
  const bool large = bytes >= 2 * kLargePage;
  AlignedMemory slab = large ? AllocateAligned(bytes, kLargePage) : AllocateAligned(bytes);
  if (!slab) return false;
  if (large) PreferLargePages(slab.get(), bytes);
  next_ = slab.get();
  end_ = next_ + bytes;
  slabs_.push_back(std::move(slab));
  return true;
}

}  // namespace ingle
