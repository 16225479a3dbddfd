#include "tokenizer/answer/literal_reader.h"

#include <utility>

#include "base/utf8.h"
#include "tokenizer/answer/text.h"

namespace ingle {
namespace {

constexpr std::string_view kGemmaQuote = "<|\"|>";

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::optional<Value> Constant(std::string_view word) {
  if (word == "True" || word == "true") return Value(true);
  if (word == "False" || word == "false") return Value(false);
  if (word == "None" || word == "null") return Value();
  const Result<Value> number = ParseJson(word);  // a word of these bytes is no other JSON
  if (!number || !ToJson(*number)) return std::nullopt;
  return *number;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

char LiteralReader::Peek() {
  text_ = TrimmedLeft(text_);
  return text_.empty() ? '\0' : text_.front();
}

bool LiteralReader::Take(char c) {
  if (text_.empty() || Peek() != c) return false;
  text_.remove_prefix(1);
  return true;
}

std::string_view LiteralReader::Word(std::string_view beside) {
  Peek();
  size_t size = 0;
  while (size < text_.size() &&
         (IsLetterOrDigit(text_[size]) || beside.find(text_[size]) != std::string_view::npos)) {
    ++size;
  }
  const std::string_view word = text_.substr(0, size);
  text_.remove_prefix(size);
  return word;
}

std::optional<Value> LiteralReader::Literal(int depth) {
  if (depth == 0) return std::nullopt;
  switch (Peek()) {
    case '\'':
    case '"':
    case '<': {
      std::optional<std::string> text = String();
      if (!text) return std::nullopt;
      return Value(std::move(*text));
    }
    case '[':
      Take('[');
      return Items(']', depth);
    case '(':
      Take('(');
      return Items(')', depth);
    case '{':
      Take('{');
      return Entries(':', '}', depth);
    default:
      return Constant(Word("_.-+"));
  }
}

std::optional<Value> LiteralReader::Items(char close, int depth) {
  ValueList items;
  while (!Take(close)) {
    std::optional<Value> item = Literal(depth - 1);
    if (!item) return std::nullopt;
    items.push_back(std::move(*item));
    if (!Take(',') && Peek() != close) return std::nullopt;
  }
  return Value(std::move(items));
}

std::optional<Value> LiteralReader::Entries(char separator, char close, int depth) {
  Dict entries;
  while (!Take(close)) {
    const char first = Peek();
    std::optional<std::string> key;
    if (first == '"' || first == '\'' || first == '<') {
      key = String();
    } else {
      key = std::string(Word());
    }
    if (!key || key->empty() || !Take(separator)) return std::nullopt;
    std::optional<Value> value = Literal(depth - 1);
    if (!value || !entries.Set(std::move(*key), std::move(*value))) return std::nullopt;
    if (!Take(',') && Peek() != close) return std::nullopt;
  }
  return Value(std::move(entries));
}

std::optional<std::string> LiteralReader::String() {
  if (TakePrefix(text_, kGemmaQuote)) {
    std::string_view text;
    if (!TakeUntil(text_, kGemmaQuote, text)) return std::nullopt;
    return std::string(text);
  }
  const char quote = text_.front();
  if (quote == '<') return std::nullopt;
  text_.remove_prefix(1);
  std::string out;
  while (!text_.empty()) {
    const char c = text_.front();
    text_.remove_prefix(1);
    if (c == quote) return out;
    if (c != '\\') {
      out += c;
    } else if (!Escape(quote, out)) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

// What follows a backslash. Of an escape that is none, the backslash stays, as in Python.
bool LiteralReader::Escape(char quote, std::string& out) {
  if (text_.empty()) return false;
  const char c = text_.front();
  text_.remove_prefix(1);
  constexpr std::string_view kEscapes = "nrtbf/\\\"'";
  constexpr std::string_view kMeanings = "\n\r\t\b\f/\\\"'";
  const size_t known = kEscapes.find(c);
  if (c == quote || known != std::string_view::npos) {
    out += c == quote ? c : kMeanings[known];
    return true;
  }
  if (c == 'x') return CodePoint(2, out);
  if (c == 'u') return CodePoint(4, out);
  if (c == 'U') return CodePoint(8, out);
  if (c == '\n') return true;
  out += '\\';
  out += c;
  return true;
}

bool LiteralReader::CodePoint(size_t digits, std::string& out) {
  if (text_.size() < digits) return false;
  uint32_t code = 0;
  for (const char c : text_.substr(0, digits)) {
    const int digit = HexDigit(c);
    if (digit < 0 || code > 0x0fffffff) return false;
    code = code * 16 + static_cast<uint32_t>(digit);
  }
  text_.remove_prefix(digits);
  const bool valid = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  AppendUtf8(out, valid ? static_cast<char32_t>(code) : kReplacementCharacter);
  return true;
}

}  // namespace ingle
