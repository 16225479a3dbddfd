#include "engine/lookup_index.h"

#include <algorithm>

namespace ingle {
namespace {

constexpr size_t kFewestSlots = 1024;
constexpr size_t kSlotsPerToken = 8;  // of which at most half are taken

}  // namespace

void LookupIndex::Clear() {
  text_.clear();
  std::fill(slots_.begin(), slots_.end(), 0);
  match_ = {};
}

void LookupIndex::Push(TokenId token) {
  text_.push_back(token);
  if (text_.size() * kSlotsPerToken > slots_.size()) Grow();
  match_ = {};
  for (const size_t length : kLengths) {
    if (text_.size() < length) continue;
    uint32_t& slot = SlotOf(text_.size(), length);
    // A greater length may just have taken the same slot.
    const bool earlier = slot > 0 && slot < text_.size();
    if (match_.length == 0 && earlier) {
      const size_t agreement = Agreement(slot);
      if (agreement >= length) match_ = {agreement, slot};
    }
    slot = static_cast<uint32_t>(text_.size());
  }
}

// For the tokens before end. FNV-1a, by tokens instead of bytes, and its high bits stirred in.
uint32_t& LookupIndex::SlotOf(size_t end, size_t length) {
  uint64_t hash = 0xCBF29CE484222325 + length;
  for (size_t i = end - length; i < end; ++i) {
    hash = (hash ^ static_cast<uint32_t>(text_[i])) * 0x100000001B3;
  }
  return slots_[(hash ^ hash >> 32) & (slots_.size() - 1)];
}

// How many tokens before end are those at the end of the text.
size_t LookupIndex::Agreement(size_t end) const {
  const size_t most = std::min(end, kLongestMatch);
  size_t agreement = 0;
  while (agreement < most && text_[end - 1 - agreement] == text_[text_.size() - 1 - agreement]) {
    ++agreement;
  }
  return agreement;
}

// Twice the slots, and the places that are known anew, but for the last: that is being added.
void LookupIndex::Grow() {
  slots_.assign(std::max(kFewestSlots, 2 * slots_.size()), 0);
  for (size_t end = 1; end < text_.size(); ++end) {
    for (const size_t length : kLengths) {
      if (end >= length) SlotOf(end, length) = static_cast<uint32_t>(end);
    }
  }
}

}  // namespace ingle
