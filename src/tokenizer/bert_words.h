// BERT's words: what stands between white space, and every punctuation mark by itself.
#pragma once

#include <cstddef>
#include <string_view>

#include "tokenizer/normalizer_traits.h"
#include "tokenizer/text_chars.h"
#include "tokenizer/unicode.h"

namespace ingle {

// Calls each(std::string_view word) from left to right. White space is in none.
template <class Each>
void ForEachBertWord(std::string_view text, const Each& each) {
  size_t begin = 0;  // of the word that pos is in
  size_t pos = 0;
  const auto end_word = [&] {
    if (pos > begin) each(text.substr(begin, pos - begin));
  };
  ForEachChar(text, [&](const TextChar& c) {
    const bool punctuation = TraitsOf(c.code_point).punctuation();
    const bool in_word = !punctuation && (CharSetOf(c.code_point) & kWhiteSpace) == 0;
    if (!in_word) end_word();
    if (punctuation) each(c.bytes);
    pos += c.bytes.size();
    if (!in_word) begin = pos;
  });
  end_word();
}

}  // namespace ingle
