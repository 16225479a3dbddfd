// Where a text is cut into pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ingle {

// Collects the ends of the pieces of one stretch of a text, from left to right. What lies between
// two cuts is a piece; so a stretch that no rule matched becomes one by itself.
class Cuts {
 public:
  // Offsets given to At count from `begin`; those in `ends` from the start of the whole text.
  Cuts(std::vector<uint32_t>& ends, uint32_t begin) : ends_(ends), begin_(begin), last_(begin) {}

  // Ends a piece at offset. An empty piece is none.
  void At(size_t offset) {
    const uint32_t end = begin_ + static_cast<uint32_t>(offset);
    if (end == last_) return;
    ends_.push_back(end);
    last_ = end;
  }

 private:
  std::vector<uint32_t>& ends_;
  uint32_t begin_;
  uint32_t last_;
};

}  // namespace ingle
