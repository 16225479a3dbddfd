// Finds stop strings in text that arrives in pieces.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ingle {

// Lets text pass up to the first stop string, and withholds an end that may be the beginning of
// one. The first is the one that is complete first; of several that end at the same byte, the
// longest. What passes in all does not depend on how the text was cut into pieces.
//
// Time: linear in the text, for each stop string (Knuth, Morris and Pratt, 1977). Not thread-safe.
class StopFilter {
 public:
  // Fails with kInvalidArgument for a stop string that is empty or not UTF-8. Since they are, text
  // in whole characters passes in whole characters.
  static Result<StopFilter> Create(const std::vector<std::string>& stops);

  // The text that has become certain. Once stopped, nothing passes any more.
  std::string Push(std::string_view piece);

  // What was withheld: the text has ended. The filter can then start anew.
  std::string Finish();

  bool stopped() const { return stopped_; }

 private:
  struct Pattern {
    std::string text;
    std::vector<size_t> border;  // of the first i bytes, the longest proper suffix that begins text
    size_t matched = 0;          // how many bytes of text the input so far ends with

    explicit Pattern(std::string stop);
    void Advance(char byte);
  };

  std::vector<Pattern> patterns_;
  std::string held_;
  bool stopped_ = false;
};

}  // namespace ingle
