#include "engine/stop_filter.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"

namespace ingle {

StopFilter::Pattern::Pattern(std::string stop) : text(std::move(stop)), border(text.size() + 1) {
  // border[i] is what matched would be after text[1, i): the pattern, run over itself.
  for (size_t i = 1; i < text.size(); ++i) {
    Advance(text[i]);
    border[i + 1] = matched;
  }
  matched = 0;
}

void StopFilter::Pattern::Advance(char byte) {
  while (matched > 0 && (matched == text.size() || text[matched] != byte)) {
    matched = border[matched];
  }
  if (text[matched] == byte) ++matched;
}

Result<StopFilter> StopFilter::Create(const std::vector<std::string>& stops) {
  StopFilter filter;
  filter.patterns_.reserve(stops.size());
  for (const std::string& stop : stops) {
    if (stop.empty()) return Fail(ErrorCode::kInvalidArgument, "a stop string is empty");
    if (!IsValidUtf8(stop)) {
      return Fail(ErrorCode::kInvalidArgument, "the stop string ", Quote(stop), " is not UTF-8");
    }
    filter.patterns_.emplace_back(stop);
  }
  return filter;
}

std::string StopFilter::Push(std::string_view piece) {
  if (stopped_) return {};
  for (const char byte : piece) {
    held_ += byte;
    size_t stop = 0;
    for (Pattern& pattern : patterns_) {
      pattern.Advance(byte);
      if (pattern.matched == pattern.text.size()) stop = std::max(stop, pattern.matched);
    }
    if (stop > 0) {
      stopped_ = true;
      held_.resize(held_.size() - stop);
      return std::exchange(held_, {});
    }
  }
  size_t withheld = 0;
  for (const Pattern& pattern : patterns_) withheld = std::max(withheld, pattern.matched);
  std::string passed = held_.substr(0, held_.size() - withheld);
  held_.erase(0, passed.size());
  return passed;
}

std::string StopFilter::Finish() {
  for (Pattern& pattern : patterns_) pattern.matched = 0;
  stopped_ = false;
  return std::exchange(held_, {});
}

}  // namespace ingle
