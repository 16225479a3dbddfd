#include <algorithm>
#include <charconv>
#include <optional>

#include "base/utf8.h"
#include "tokenizer/template/number.h"
#include "tokenizer/template/value.h"
#include "tokenizer/template/value_rep.h"

namespace ingle::jinja {
namespace {

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  Result<Value> Document() {
    Result<Value> value = Any(0);
    if (!value) return value;
    SkipBlanks();
    if (at_ != text_.size()) return Bad("text after the end of the value");
    return value;
  }

 private:
  template <class... Parts>
  tl::unexpected<Error> Bad(const Parts&... parts) const {
    const std::string_view before = text_.substr(0, at_);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
    return Fail(ErrorCode::kCorrupt, "JSON line ", line, " column ", at_ - start + 1, ": ",
                parts...);
  }

  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool Skip(char c) {
    if (Peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }
  void SkipBlanks() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string::npos) {
      ++at_;
    }
  }

  Result<Value> Any(int depth) {
    SkipBlanks();
    if (depth > kMaxValueDepth) {
      return Fail(ErrorCode::kTooLarge, "JSON nests deeper than ", kMaxValueDepth, " levels");
    }
    switch (Peek()) {
      case '{':
        return Object(depth);
      case '[':
        return Array(depth);
      case '"': {
        Result<std::string> text = String();
        if (!text) return Fail(text.error());
        return Value(std::move(*text));
      }
      default:
        return Scalar();
    }
  }

  Result<Value> Scalar() {
    const auto word = [&](std::string_view expected) {
      if (text_.substr(at_, expected.size()) != expected) return false;
      at_ += expected.size();
      return true;
    };
    if (word("null")) return Value();
    if (word("true")) return Value(true);
    if (word("false")) return Value(false);
    return Number();
  }

  Result<Value> Number() {
    const size_t start = at_;
    Skip('-');
    const size_t first_digit = at_;
    SkipDigits();
    if (at_ == first_digit) return Bad(at_ == text_.size() ? "unexpected end" : "no value here");
    if (text_[first_digit] == '0' && at_ > first_digit + 1)
      return Bad("number with a leading zero");
    bool integer = true;
    if (Skip('.')) {
      integer = false;
      if (!SkipDigits()) return Bad("no digit after the decimal point");
    }
    if (Skip('e') || Skip('E')) {
      integer = false;
      if (!Skip('+')) Skip('-');
      if (!SkipDigits()) return Bad("no digit in the exponent");
    }
    const std::string_view text = text_.substr(start, at_ - start);
    if (!integer) return Value(*ParsePythonFloat(text));
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range) return Rep::BigInt(std::string(text));
    return Value(value);
  }

  bool SkipDigits() {
    const size_t start = at_;
    while (Peek() >= '0' && Peek() <= '9') ++at_;
    return at_ > start;
  }

  Result<Value> Array(int depth) {
    ValueList items;
    ++at_;
    SkipBlanks();
    if (Skip(']')) return Value(std::move(items));
    do {
      Result<Value> item = Any(depth + 1);
      if (!item) return item;
      items.push_back(std::move(*item));
      SkipBlanks();
    } while (Skip(','));
    if (!Skip(']')) return Bad("expected , or ]");
    return Value(std::move(items));
  }

  Result<Value> Object(int depth) {
    Dict dict;
    ++at_;
    SkipBlanks();
    if (Skip('}')) return Value(std::move(dict));
    do {
      SkipBlanks();
      if (Peek() != '"') return Bad("expected a key in double quotes");
      Result<std::string> key = String();
      if (!key) return Fail(key.error());
      SkipBlanks();
      if (!Skip(':')) return Bad("expected : after the key ", Quote(*key));
      Result<Value> value = Any(depth + 1);
      if (!value) return value;
      dict.Set(Value(std::move(*key)), std::move(*value));
      SkipBlanks();
    } while (Skip(','));
    if (!Skip('}')) return Bad("expected , or }");
    return Value(std::move(dict));
  }

  Result<std::string> String() {
    std::string out;
    ++at_;
    while (!Skip('"')) {
      if (at_ == text_.size()) return Bad("string without an end");
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c < 0x20) return Bad("control character in a string");
      if (c == '\\') {
        ++at_;
        if (Status done = Escape(out); !done) return Fail(done.error());
        continue;
      }
      const Utf8Char decoded = DecodeUtf8(text_.substr(at_));
      if (!decoded.valid) return Bad("not UTF-8");
      out.append(text_.substr(at_, decoded.length));
      at_ += decoded.length;
    }
    return out;
  }

  Status Escape(std::string& out) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char c = Peek();
    if (at_ < text_.size() && kNames.find(c) != std::string::npos) {
      ++at_;
      out += kMeanings[kNames.find(c)];
      return {};
    }
    if (!Skip('u')) return Bad("unknown escape in a string");
    std::optional<char32_t> unit = FourHex();
    if (!unit) return Bad("\\u without four hexadecimal digits");
    if (*unit >= 0xD800 && *unit < 0xDC00 && text_.substr(at_, 2) == "\\u") {
      const size_t back = at_;
      at_ += 2;
      const std::optional<char32_t> low = FourHex();
      if (low && *low >= 0xDC00 && *low < 0xE000) {
        unit = 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00);
      } else {
        at_ = back;
      }
    }
    const bool unpaired = *unit >= 0xD800 && *unit < 0xE000;
    AppendUtf8(out, unpaired ? kReplacementCharacter : *unit);
    return {};
  }

  std::optional<char32_t> FourHex() {
    if (text_.size() - at_ < 4) return std::nullopt;
    const std::optional<int64_t> code = ParseDigits(text_.substr(at_, 4), 16, false);
    if (!code) return std::nullopt;
    at_ += 4;
    return static_cast<char32_t>(*code);
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

Result<Value> ParseJson(std::string_view text) { return JsonReader(text).Document(); }

}  // namespace ingle::jinja
