#include "tokenizer/template/lexer.h"

#include <algorithm>
#include <optional>

#include "base/utf8.h"
#include "tokenizer/template/number.h"
#include "tokenizer/template/text.h"
#include "tokenizer/template/value_rep.h"

namespace ingle::jinja {
namespace {

using Kind = Token::Kind;

// Bounds how deep the tree of one expression can be: a + b + c ... nests to the left.
constexpr size_t kMaxTagTokens = 4096;

constexpr size_t kMaxIntegerDigits = 4300;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsWordChar(char32_t c) {
  constexpr uint32_t kWord = kCharAlpha | kCharDecimal | kCharDigit | kCharNumeric;
  return c == '_' || (ClassOf(c) & kWord) != 0;
}

// \r\n and \r become \n, and one newline at the very end is dropped.
std::string NormalizeNewlines(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      out += '\n';
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    } else {
      out += source[i];
    }
  }
  if (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(NormalizeNewlines(source)), rest_(source_) {}

  Result<std::vector<Token>> Run() {
    while (!rest_.empty()) {
      if (Status done = Data(); !done) return Fail(done.error());
    }
    Emit(Kind::kEnd, "");
    return std::move(tokens_);
  }

 private:
  template <class... Parts>
  tl::unexpected<Error> Bad(const Parts&... parts) const {
    return Fail(ErrorCode::kCorrupt, "template line ", line_, ": ", parts...);
  }

  void Emit(Kind kind, std::string_view text) {
    tokens_.push_back({kind, line_, std::string(text), Value()});
  }

  // Moves on by size bytes and counts their lines.
  std::string_view Take(size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    line_ += static_cast<int>(std::count(taken.begin(), taken.end(), '\n'));
    if (!taken.empty()) at_line_start_ = taken.back() == '\n';
    rest_.remove_prefix(size);
    return taken;
  }

  void SkipBlanks() { Take(rest_.size() - Strip(rest_, nullptr, kStripLeft).size()); }

  // Text up to the next tag, then the tag.
  Status Data() {
    size_t tag = rest_.find('{');
    while (tag != std::string_view::npos && !IsTagAt(tag)) tag = rest_.find('{', tag + 1);
    if (tag == std::string_view::npos) {
      Emit(Kind::kData, rest_);
      Take(rest_.size());
      return {};
    }
    std::string_view text = rest_.substr(0, tag);
    const char type = rest_[tag + 1];
    const char sign = tag + 2 < rest_.size() ? rest_[tag + 2] : '\0';
    const bool has_sign = sign == '-' || sign == '+';
    if (sign == '-') {
      text = Strip(text, nullptr, kStripRight);
    } else if (sign != '+' && type != '{') {
      text = StripIndent(text);
    }
    if (!text.empty()) Emit(Kind::kData, text);
    Take(tag);
    if (type == '#') return Comment(has_sign ? 3 : 2);
    if (type == '%' && TryRawBegin()) return Raw();
    Emit(type == '%' ? Kind::kBlockBegin : Kind::kVariableBegin, "");
    Take(has_sign ? 3 : 2);
    return Tag(type == '%');
  }

  bool IsTagAt(size_t at) const {
    return at + 1 < rest_.size() &&
           (rest_[at + 1] == '{' || rest_[at + 1] == '%' || rest_[at + 1] == '#');
  }

  // lstrip_blocks: blanks between the start of a line and a tag are not text.
  std::string_view StripIndent(std::string_view text) const {
    const size_t line_start = text.rfind('\n') + 1;  // npos + 1 is 0
    if (line_start == 0 && !at_line_start_) return text;
    const bool blank = Strip(text.substr(line_start), nullptr, kStripLeft).empty();
    return blank ? text.substr(0, line_start) : text;
  }

  Status Comment(size_t opening) {
    const size_t end = rest_.find("#}", opening);
    if (end == std::string_view::npos) return Bad("comment without its end");
    // The sign belongs to the end where it is not the beginning's own: {#-#} has only one.
    const char sign = end > opening ? rest_[end - 1] : '\0';
    Take(end + 2);
    AfterBlock(sign);
    return {};
  }

  // What follows a block or comment: "-" strips all blanks, "+" none, else one newline goes.
  void AfterBlock(char sign) {
    if (sign == '-') {
      SkipBlanks();
    } else if (sign != '+' && rest_.starts_with('\n')) {
      Take(1);
    }
  }

  // {% raw %}: takes it and returns true where it stands here.
  bool TryRawBegin() {
    std::string_view look = rest_.substr(2);
    if (look.starts_with('-') || look.starts_with('+')) look.remove_prefix(1);
    look = Strip(look, nullptr, kStripLeft);
    if (!look.starts_with("raw")) return false;
    look = Strip(look.substr(3), nullptr, kStripLeft);
    const bool strips = look.starts_with("-%}");
    if (!strips && !look.starts_with("%}")) return false;
    Take(rest_.size() - look.size() + (strips ? 3 : 2));
    if (strips) SkipBlanks();
    return true;
  }

  Status Raw() {
    for (size_t at = rest_.find("{%"); at != std::string_view::npos;
         at = rest_.find("{%", at + 1)) {
      std::string_view look = rest_.substr(at + 2);
      const char sign = look.empty() ? '\0' : look[0];
      if (sign == '-' || sign == '+') look.remove_prefix(1);
      look = Strip(look, nullptr, kStripLeft);
      if (!look.starts_with("endraw")) continue;
      look = Strip(look.substr(6), nullptr, kStripLeft);
      const char end_sign = look.empty() ? '\0' : look[0];
      if (end_sign == '-' || end_sign == '+') look.remove_prefix(1);
      if (!look.starts_with("%}")) continue;

      std::string_view text = rest_.substr(0, at);
      if (sign == '-') text = Strip(text, nullptr, kStripRight);
      if (sign != '-' && sign != '+') text = StripIndent(text);
      if (!text.empty()) Emit(Kind::kData, text);
      Take(rest_.size() - look.size() + 2);
      AfterBlock(end_sign);
      return {};
    }
    return Bad("{% raw %} without its {% endraw %}");
  }

  // The inside of {{ }} or {% %}, up to its end.
  Status Tag(bool block) {
    const size_t first = tokens_.size();
    std::string brackets;  // those open; an end within them is none
    while (true) {
      SkipBlanks();
      if (rest_.empty()) return {};
      if (brackets.empty() && TryTagEnd(block)) return {};
      if (tokens_.size() - first > kMaxTagTokens) {
        return Fail(ErrorCode::kTooLarge, "template line ", line_, ": more than ", kMaxTagTokens,
                    " tokens in one tag");
      }
      if (Status done = Inside(brackets); !done) return done;
    }
  }

  bool TryTagEnd(bool block) {
    const bool signed_end = rest_[0] == '-' || (block && rest_[0] == '+');
    const char sign = signed_end ? rest_[0] : '\0';
    const std::string_view end = rest_.substr(signed_end ? 1 : 0);
    if (!end.starts_with(block ? "%}" : "}}")) return false;
    Emit(block ? Kind::kBlockEnd : Kind::kVariableEnd, "");
    Take(signed_end ? 3 : 2);
    if (block || sign == '-') AfterBlock(sign);
    return true;
  }

  Status Inside(std::string& brackets) {
    const char c = rest_[0];
    if (IsDigit(c)) return Number();
    if (c == '\'' || c == '"') return String();
    if (IsWordChar(CodeOf(rest_))) {
      Name();
      return {};
    }
    return Operator(brackets);
  }

  void Name() {
    std::string_view look = rest_;
    while (!look.empty() && IsWordChar(CodeOf(look))) TakeChar(look);
    Emit(Kind::kName, rest_.substr(0, rest_.size() - look.size()));
    Take(rest_.size() - look.size());
  }

  // Digits that single underscores may part.
  size_t DigitsAt(size_t at, std::string_view alphabet = "0123456789") const {
    size_t end = at;
    while (end < rest_.size()) {
      const bool parted = rest_[end] == '_' && end > at && end + 1 < rest_.size();
      const size_t digit = parted ? end + 1 : end;
      if (alphabet.find(rest_[digit]) == std::string_view::npos) break;
      end = digit + 1;
    }
    return end;
  }

  // The end of a float's text that starts here, or 0.
  size_t FloatEnd() const {
    if (rest_.data() > source_.data() && rest_.data()[-1] == '.') return 0;
    const size_t whole = DigitsAt(0);
    size_t end = whole;
    if (end < rest_.size() && rest_[end] == '.') {
      const size_t fraction = DigitsAt(end + 1);
      if (fraction > end + 1) end = fraction;
    }
    if (end < rest_.size() && (rest_[end] == 'e' || rest_[end] == 'E')) {
      const bool has_sign =
          end + 1 < rest_.size() && (rest_[end + 1] == '+' || rest_[end + 1] == '-');
      const size_t digits = end + (has_sign ? 2 : 1);
      const size_t exponent = DigitsAt(digits);
      if (exponent > digits) end = exponent;
    }
    return end > whole ? end : 0;
  }

  Status Number() {
    if (const size_t size = FloatEnd()) {
      const std::optional<double> number = ParsePythonFloat(rest_.substr(0, size));
      return EmitNumber(size, number ? std::optional<Value>(*number) : std::nullopt);
    }
    const char mark =
        rest_.size() > 2 && rest_[0] == '0' ? static_cast<char>(rest_[1] | 0x20) : '\0';
    const int base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 10;
    if (base != 10) {
      const size_t digits = rest_[2] == '_' ? 3 : 2;
      const std::string_view all = "0123456789abcdefABCDEF";
      const size_t end =
          DigitsAt(digits, base == 16 ? all : all.substr(0, static_cast<size_t>(base)));
      if (end > digits) return EmitInteger(end, base);
    }
    // A leading zero is a number of its own, so 007 is no number but three.
    return EmitInteger(rest_[0] == '0' ? DigitsAt(0, "0") : DigitsAt(0), 10);
  }

  Status EmitInteger(size_t size, int base) {
    std::string digits(rest_.substr(base == 10 ? 0 : 2, base == 10 ? size : size - 2));
    std::erase(digits, '_');
    if (const std::optional<int64_t> integer = ParseDigits(digits, base, false)) {
      return EmitNumber(size, Value(*integer));
    }
    if (base != 10) return Bad("integer beyond 64 bits");
    if (digits.size() > kMaxIntegerDigits) return Bad("integer too long for Python");
    return EmitNumber(size, Rep::BigInt(digits));
  }

  Status EmitNumber(size_t size, std::optional<Value> number) {
    if (!number) return Bad("malformed number");
    Emit(Kind::kNumber, rest_.substr(0, size));
    tokens_.back().number = std::move(*number);
    Take(size);
    return {};
  }

  Status String() {
    const char quote = rest_[0];
    size_t end = 1;
    while (end < rest_.size() && rest_[end] != quote) end += rest_[end] == '\\' ? 2 : 1;
    if (end >= rest_.size()) return Bad("string without its end");
    std::string text;
    if (Status done = Unescape(rest_.substr(1, end - 1), text); !done) return done;
    Emit(Kind::kString, text);
    Take(end + 1);
    return {};
  }

  Status Unescape(std::string_view raw, std::string& out) const {
    while (!raw.empty()) {
      const size_t plain = std::min(raw.find('\\'), raw.size());
      out.append(raw.substr(0, plain));
      raw.remove_prefix(plain);
      if (raw.empty()) break;
      raw.remove_prefix(1);
      if (Status done = Escape(raw, out); !done) return done;
    }
    return {};
  }

  // What follows a backslash; that which is no escape keeps its backslash.
  Status Escape(std::string_view& raw, std::string& out) const {
    constexpr std::string_view kNames = "\\'\"abfnrtv";
    constexpr std::string_view kMeanings = "\\'\"\a\b\f\n\r\t\v";
    const char c = raw[0];
    if (const size_t known = kNames.find(c); known != std::string_view::npos) {
      raw.remove_prefix(1);
      out += kMeanings[known];
      return {};
    }
    if (c == '\n') {
      raw.remove_prefix(1);
      return {};
    }
    if (c >= '0' && c <= '7') {
      const size_t size = std::min({raw.find_first_not_of("01234567"), raw.size(), size_t{3}});
      AppendUtf8(out, static_cast<char32_t>(*ParseDigits(raw.substr(0, size), 8, false)));
      raw.remove_prefix(size);
      return {};
    }
    const size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (digits > 0) return HexEscape(raw, digits, out);
    if (c == 'N') return Bad("\\N{...} in a string is not supported");
    out += '\\';
    return {};
  }

  Status HexEscape(std::string_view& raw, size_t digits, std::string& out) const {
    const auto read = [&](std::string_view from) {
      return from.size() < digits ? std::nullopt : ParseDigits(from.substr(0, digits), 16, false);
    };
    std::optional<int64_t> code = read(raw.substr(1));
    if (!code || *code > 0x10FFFF) return Bad("malformed \\", raw[0], " escape in a string");
    raw.remove_prefix(1 + digits);
    if (*code >= 0xD800 && *code < 0xDC00 && raw.starts_with("\\u") && digits == 4) {
      const std::optional<int64_t> low = read(raw.substr(2));
      if (low && *low >= 0xDC00 && *low < 0xE000) {
        code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
        raw.remove_prefix(2 + digits);
      }
    }
    const bool unpaired = *code >= 0xD800 && *code < 0xE000;
    AppendUtf8(out, unpaired ? kReplacementCharacter : static_cast<char32_t>(*code));
    return {};
  }

  Status Operator(std::string& brackets) {
    constexpr std::string_view kLong[] = {"//", "**", "==", "!=", "<=", ">="};
    for (std::string_view sign : kLong) {
      if (!rest_.starts_with(sign)) continue;
      Emit(Kind::kOperator, sign);
      Take(sign.size());
      return {};
    }
    const char c = rest_[0];
    if (std::string_view("+-/*%~[](){}<>=.:|,;").find(c) == std::string_view::npos) {
      std::string_view look = rest_;
      return Bad("unexpected character ", Quote(TakeChar(look)));
    }
    if (c == '(' || c == '[' || c == '{') brackets += c == '(' ? ')' : c == '[' ? ']' : '}';
    if (c == ')' || c == ']' || c == '}') {
      if (brackets.empty()) return Bad("unexpected '", c, "'");
      if (brackets.back() != c)
        return Bad("unexpected '", c, "', expected '", brackets.back(), "'");
      brackets.pop_back();
    }
    Emit(Kind::kOperator, rest_.substr(0, 1));
    Take(1);
    return {};
  }

  const std::string source_;
  std::string_view rest_;
  int line_ = 1;
  bool at_line_start_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

std::string Describe(const Token& token) {
  switch (token.kind) {
    case Kind::kData:
      return "text";
    case Kind::kVariableBegin:
      return "{{";
    case Kind::kVariableEnd:
      return "}}";
    case Kind::kBlockBegin:
      return "{%";
    case Kind::kBlockEnd:
      return "%}";
    case Kind::kEnd:
      return "the end of the template";
    default:
      return Quote(token.text);
  }
}

Result<std::vector<Token>> Tokenize(std::string_view source) { return Lexer(source).Run(); }

}  // namespace ingle::jinja
