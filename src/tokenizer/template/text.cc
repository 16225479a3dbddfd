#include "tokenizer/template/text.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/utf8.h"

namespace ingle::jinja {
namespace {

// Characters first, first + step ... last have a counterpart at distance delta.
struct CaseRun {
  char32_t first;
  char32_t last;
  uint32_t step;
  int32_t delta;
};

// A character whose counterpart is several, zero-filled.
struct LongCase {
  char32_t code;
  char32_t text[3];
};

#include "tokenizer/template/unicode_tables.inc"

struct CaseTable {
  const CaseRun* runs;
  size_t run_count;
  const LongCase* longs;
  size_t long_count;
};
constexpr CaseTable kUpper = {kUpperRuns, std::size(kUpperRuns), kLongUpper, std::size(kLongUpper)};
constexpr CaseTable kLower = {kLowerRuns, std::size(kLowerRuns), kLongLower, std::size(kLongLower)};
constexpr CaseTable kTitle = {kTitleRuns, std::size(kTitleRuns), kLongTitle, std::size(kLongTitle)};

// The last row whose code is not above c; end where there is none.
template <class Row, class Code>
const Row* LastNotAbove(const Row* rows, size_t count, char32_t c, Code code_of) {
  const Row* after = std::upper_bound(
      rows, rows + count, c, [&](char32_t code, const Row& row) { return code < code_of(row); });
  return after == rows ? rows + count : after - 1;
}

void AppendCase(const CaseTable& table, char32_t c, std::string& out) {
  const LongCase* several =
      LastNotAbove(table.longs, table.long_count, c, [](const LongCase& row) { return row.code; });
  if (several != table.longs + table.long_count && several->code == c) {
    for (char32_t part : several->text) {
      if (part != 0) AppendUtf8(out, part);
    }
    return;
  }
  const CaseRun* run =
      LastNotAbove(table.runs, table.run_count, c, [](const CaseRun& row) { return row.first; });
  if (run != table.runs + table.run_count && c <= run->last && (c - run->first) % run->step == 0) {
    c = static_cast<char32_t>(static_cast<int32_t>(c) + run->delta);
  }
  AppendUtf8(out, c);
}

// Rewrites text; choose(code) tells the table for each character, null to keep it.
template <class Choose>
std::string MapCase(std::string_view text, Choose choose) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Utf8Char c = DecodeUtf8(text);
    const CaseTable* table = c.valid ? choose(c.code_point) : nullptr;
    if (table != nullptr) {
      AppendCase(*table, c.code_point, out);
    } else {
      out.append(text.substr(0, c.length));
    }
    text.remove_prefix(c.length);
  }
  return out;
}

bool IsCased(char32_t c) { return (ClassOf(c) & (kCharUpper | kCharLower | kCharTitle)) != 0; }

bool IsStripped(std::string_view one_char, const std::string_view* chars) {
  if (chars == nullptr) return (ClassOf(CodeOf(one_char)) & kCharSpace) != 0;
  for (std::string_view rest = *chars; !rest.empty();) {
    if (TakeChar(rest) == one_char) return true;
  }
  return false;
}

std::string_view LastChar(std::string_view text) {
  const size_t window = std::min<size_t>(4, text.size());
  for (size_t length = window; length > 1; --length) {
    const std::string_view tail = text.substr(text.size() - length);
    const Utf8Char c = DecodeUtf8(tail);
    if (c.valid && c.length == length) return tail;
  }
  return text.substr(text.size() - 1);
}

}  // namespace

uint32_t ClassOf(char32_t c) {
  const uint32_t* run = LastNotAbove(kClassRuns, std::size(kClassRuns), c,
                                     [](uint32_t row) { return char32_t{row >> 9}; });
  return *run & 0x1FF;
}

std::string_view TakeChar(std::string_view& text) {
  const Utf8Char c = DecodeUtf8(text);
  const std::string_view taken = text.substr(0, c.valid ? c.length : 1);
  text.remove_prefix(taken.size());
  return taken;
}

char32_t CodeOf(std::string_view one_char) { return DecodeUtf8(one_char).code_point; }

int64_t CountChars(std::string_view text) {
  int64_t count = 0;
  for (; !text.empty(); ++count) TakeChar(text);
  return count;
}

size_t OffsetOfChar(std::string_view text, int64_t index) {
  std::string_view rest = text;
  for (; index > 0 && !rest.empty(); --index) TakeChar(rest);
  return text.size() - rest.size();
}

std::string ToUpper(std::string_view text) {
  return MapCase(text, [](char32_t) { return &kUpper; });
}

std::string ToLower(std::string_view text) {
  return MapCase(text, [](char32_t) { return &kLower; });
}

std::string Capitalize(std::string_view text) {
  bool first = true;
  return MapCase(text, [&](char32_t) { return std::exchange(first, false) ? &kTitle : &kLower; });
}

std::string TitleCase(std::string_view text) {
  bool after_letter = false;
  return MapCase(text, [&](char32_t c) {
    return std::exchange(after_letter, IsCased(c)) ? &kLower : &kTitle;
  });
}

std::string SwapCase(std::string_view text) {
  return MapCase(text, [](char32_t c) -> const CaseTable* {
    const uint32_t classes = ClassOf(c);
    if ((classes & kCharUpper) != 0) return &kLower;
    return (classes & kCharLower) != 0 ? &kUpper : nullptr;
  });
}

std::string_view Strip(std::string_view text, const std::string_view* chars, StripSides sides) {
  while ((sides & kStripLeft) != 0 && !text.empty()) {
    std::string_view rest = text;
    if (!IsStripped(TakeChar(rest), chars)) break;
    text = rest;
  }
  while ((sides & kStripRight) != 0 && !text.empty()) {
    const std::string_view last = LastChar(text);
    if (!IsStripped(last, chars)) break;
    text.remove_suffix(last.size());
  }
  return text;
}

bool IsLineBreak(char32_t c) {
  return (c >= '\n' && c <= '\r') || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 ||
         c == 0x2029;
}

std::string EscapeHtml(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&#34;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace ingle::jinja
