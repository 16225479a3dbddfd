#include "tokenizer/replace_pattern.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "tokenizer/text_chars.h"

namespace ingle {
namespace {

constexpr uint32_t kUnbounded = std::numeric_limits<uint32_t>::max();
// More than any expression means; keeps the arithmetic in range.
constexpr uint32_t kLongestRepeat = 1u << 16;

bool IsAsciiPunctuationChar(char32_t c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

}  // namespace

// A recursive descent without recursion: no set holds another.
class ReplacePattern::Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  bool Parse(ReplacePattern& pattern) {
    std::string literal;
    size_t count = 0;
    Set set;
    while (!AtEnd() && !AtRepeat()) {
      set = Set();
      if (!ParseSet(set)) return false;
      ++count;
      const bool is_char = set.kinds == 0 && !set.negated && set.ranges.size() == 1 &&
                           set.ranges[0].first == set.ranges[0].second;
      if (!is_char && !literal.empty()) return false;
      if (!is_char) break;
      AppendUtf8(literal, set.ranges[0].first);
    }
    if (AtEnd() && !literal.empty()) {
      pattern.literal_ = std::move(literal);
      return true;
    }
    pattern.set_ = std::move(set);
    return count == 1 && ParseRepeat(pattern) && AtEnd();
  }

 private:
  bool AtEnd() const { return text_.empty(); }
  bool AtRepeat() const { return text_[0] == '+' || text_[0] == '{'; }
  bool Take(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool ParseSet(Set& set) {
    if (Take('[')) return ParseMembers(set);
    constexpr std::string_view kOperators = "*?.^$|()]}";
    if (kOperators.find(text_[0]) != std::string_view::npos) return false;
    return ParseMember(set);
  }

  bool ParseMembers(Set& set) {
    set.negated = Take('^');
    if (Take(']')) return false;
    while (!Take(']')) {
      // [:alpha:], [a[b]] and a&&b mean more than their characters.
      if (AtEnd() || text_[0] == '[' || text_.substr(0, 2) == "&&") return false;
      if (!ParseMember(set)) return false;
      const bool range = text_.size() > 1 && text_[0] == '-' && text_[1] != ']';
      if (range && !ParseRangeEnd(set)) return false;
    }
    return true;
  }

  bool ParseRangeEnd(Set& set) {
    text_.remove_prefix(1);
    Set last;
    if (text_[0] == '[' || !ParseMember(last)) return false;
    if (set.ranges.empty() || !previous_is_char_ || last.ranges.empty()) return false;
    set.ranges.back().second = last.ranges.back().first;
    return set.ranges.back().first <= set.ranges.back().second;
  }

  // One character, or an escape that stands for several.
  bool ParseMember(Set& set) {
    const Utf8Char c = DecodeUtf8(text_);
    if (!c.valid) return false;
    text_.remove_prefix(c.length);
    previous_is_char_ = true;
    if (c.code_point != '\\') {
      set.ranges.emplace_back(c.code_point, c.code_point);
      return true;
    }
    return !AtEnd() && ParseEscape(set);
  }

  bool ParseEscape(Set& set) {
    const char name = text_[0];
    text_.remove_prefix(1);
    constexpr std::pair<char, CharSet> kKinds[] = {{'s', kWhiteSpace}, {'d', kDigit}, {'w', kWord}};
    for (const auto& [letter, kinds] : kKinds) {
      if (name != letter) continue;
      set.kinds |= kinds;
      previous_is_char_ = false;
      return true;
    }
    constexpr std::pair<char, char> kChars[] = {
        {'n', '\n'}, {'r', '\r'}, {'t', '\t'}, {'f', '\f'}, {'v', '\v'}};
    char32_t meant = static_cast<unsigned char>(name);
    bool known = IsAsciiPunctuationChar(meant) || name == ' ';
    for (const auto& [letter, c] : kChars) {
      if (name != letter) continue;
      meant = static_cast<unsigned char>(c);
      known = true;
    }
    set.ranges.emplace_back(meant, meant);
    return known;
  }

  bool ParseRepeat(ReplacePattern& pattern) {
    if (AtEnd()) return true;
    if (Take('+')) {
      pattern.max_ = kUnbounded;
      return true;
    }
    if (!Take('{')) return false;
    const auto min = ParseNumber();
    if (!min) return false;
    pattern.min_ = pattern.max_ = *min;
    if (Take(',')) {
      const auto max = ParseNumber();
      pattern.max_ = max.value_or(kUnbounded);
    }
    return Take('}') && pattern.min_ > 0 && pattern.min_ <= pattern.max_;
  }

  std::optional<uint32_t> ParseNumber() {
    std::optional<uint32_t> number;
    while (!AtEnd() && text_[0] >= '0' && text_[0] <= '9') {
      number =
          std::min(number.value_or(0) * 10 + static_cast<uint32_t>(text_[0] - '0'), kLongestRepeat);
      text_.remove_prefix(1);
    }
    return number;
  }

  std::string_view text_;  // what is left
  bool previous_is_char_ = false;
};

bool ReplacePattern::Set::Has(char32_t c) const {
  bool found = (CharSetOf(c) & kinds) != 0;
  for (const auto& [first, last] : ranges) found = found || (c >= first && c <= last);
  return found != negated;
}

Result<ReplacePattern> ReplacePattern::Literal(std::string_view text) {
  if (text.empty()) return Fail(ErrorCode::kCorrupt, "a normalizer replaces the empty text");
  ReplacePattern pattern;
  pattern.literal_ = text;
  return pattern;
}

Result<ReplacePattern> ReplacePattern::Regex(std::string_view expression) {
  if (expression.empty()) return Literal(expression);
  ReplacePattern pattern;
  if (!Parser(expression).Parse(pattern)) {
    return Fail(ErrorCode::kUnsupported, "a normalizer replaces the regular expression ",
                Quote(expression), "; this version takes plain text, or one set of characters ",
                "such as ' {2,}' or '[!?]+'");
  }
  return pattern;
}

std::string ReplacePattern::Replace(std::string_view text, std::string_view content) const {
  return literal_.empty() ? ReplaceRuns(text, content) : ReplaceLiteral(text, content);
}

std::string ReplacePattern::ReplaceLiteral(std::string_view text, std::string_view content) const {
  std::string out;
  size_t begin = 0;
  for (size_t at = text.find(literal_); at != std::string_view::npos;
       at = text.find(literal_, begin)) {
    out += text.substr(begin, at - begin);
    out += content;
    begin = at + literal_.size();
  }
  out += text.substr(begin);
  return out;
}

std::string ReplacePattern::ReplaceRuns(std::string_view text, std::string_view content) const {
  std::string out;
  uint32_t run = 0;  // characters before pos that match, not yet replaced
  size_t run_begin = 0;
  const auto finish_run = [&](size_t pos) {
    out += run >= min_ ? content : text.substr(run_begin, pos - run_begin);
    run = 0;
  };
  size_t pos = 0;
  ForEachChar(text, [&](const TextChar& c) {
    const bool matches = set_.Has(c.code_point);
    if (run > 0 && (!matches || run == max_)) finish_run(pos);
    if (matches && run++ == 0) run_begin = pos;
    if (!matches) out += c.bytes;
    pos += c.bytes.size();
  });
  if (run > 0) finish_run(pos);
  return out;
}

}  // namespace ingle
