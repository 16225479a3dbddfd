#include "tokenizer/answer/marks.h"

#include <algorithm>

namespace ingle {

MarkMatch FindMark(std::string_view text, const std::vector<Mark>& marks, bool text_is_whole) {
  MarkMatch best{text.size(), nullptr};
  for (const Mark& mark : marks) {
    // Only a place before the best one so far is of interest.
    for (size_t at = text.find(mark.text.front()); at < best.position;
         at = text.find(mark.text.front(), at + 1)) {
      const std::string_view here = text.substr(at, mark.text.size());
      if (!mark.text.starts_with(here)) continue;
      const bool whole = here.size() == mark.text.size();
      if (!whole && text_is_whole) continue;
      best = {at, whole ? &mark : nullptr};
    }
  }
  return best;
}

}  // namespace ingle
