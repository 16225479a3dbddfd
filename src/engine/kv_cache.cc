#include "engine/kv_cache.h"

namespace ingle {

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
    return Fail(ErrorCode::kOutOfMemory, "the cache is full: its ", pages_.size(), " pages take ",
                allocated_bytes(), " of ", byte_limit_, " bytes");
  }
  AlignedMemory page = AllocateAligned(layout_.page_bytes);
  if (!page) {
    return Fail(ErrorCode::kOutOfMemory, "no memory for another cache page of ", layout_.page_bytes,
                " bytes; there are ", pages_.size());
  }
  pages_.push_back(std::move(page));
  return pages_.back().get();
}

}  // namespace ingle
