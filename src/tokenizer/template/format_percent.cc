#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/utf8.h"
#include "tokenizer/template/format.h"
#include "tokenizer/template/number.h"
#include "tokenizer/template/operators.h"
#include "tokenizer/template/print.h"
#include "tokenizer/template/text.h"

namespace ingle::jinja {
namespace {

class PercentFormatter {
 public:
  PercentFormatter(Runtime& runtime, const Value& text, const Value& values)
      : runtime_(runtime),
        rest_(text.text()),
        values_(values),
        markup_(Rep::IsMarkup(text)),
        out_(runtime.NewSink()) {}

  Result<Value> Run() {
    while (!rest_.empty() && !out_.full()) {
      const size_t plain = std::min(rest_.find('%'), rest_.size());
      out_.Append(rest_.substr(0, plain));
      rest_.remove_prefix(plain);
      if (rest_.empty()) break;
      rest_.remove_prefix(1);
      if (Status done = Directive(); !done) return Fail(done.error());
      if (Status step = runtime_.Step(); !step) return Fail(step.error());
    }
    // A mapping may hold more than the text asks for, a tuple may not.
    const bool mapping =
        values_.IsDict() || values_.kind() == Value::Kind::kList || values_.IsUndefined();
    const size_t given = values_.kind() == Value::Kind::kTuple ? values_.items().size() : 1;
    if (!mapping && !by_name_ && used_ < given) {
      return Raise("not all arguments were used by the % format");
    }
    return runtime_.String(std::move(out_), markup_);
  }

 private:
  char Take() {
    if (rest_.empty()) return '\0';
    const char c = rest_[0];
    rest_.remove_prefix(1);
    return c;
  }

  Status Directive() {
    FormatSpec spec;
    std::optional<Value> named;
    if (!rest_.empty() && rest_[0] == '(') {
      Result<Value> value = TakeNamed();
      if (!value) return Fail(value.error());
      named = std::move(*value);
    }
    bool left = false;
    bool zero = false;
    while (!rest_.empty() && std::string_view("-+ #0").find(rest_[0]) != std::string::npos) {
      const char flag = Take();
      left |= flag == '-';
      zero |= flag == '0';
      spec.alternate |= flag == '#';
      if (flag == '+' || (flag == ' ' && spec.sign != '+')) spec.sign = flag;
    }
    Result<int64_t> width = TakeCount(0);
    if (!width) return Fail(width.error());
    spec.width = *width < 0 ? -*width : *width;
    left |= *width < 0;
    spec.align = left ? '<' : zero ? '=' : '>';
    if (zero && !left) spec.fill = "0";
    if (!rest_.empty() && rest_[0] == '.') {
      Take();
      Result<int64_t> precision = TakeCount(0);
      if (!precision) return Fail(precision.error());
      spec.precision = std::max<int64_t>(*precision, 0);
    }
    if (!rest_.empty() && std::string_view("hlL").find(rest_[0]) != std::string::npos) Take();
    spec.type = Take();
    if (spec.type == '\0') return Raise("incomplete % format");
    if (spec.type == '%') {
      out_.Append("%");
      return {};
    }
    if (named) return Convert(*named, spec);
    Result<Value> next = TakeNext();
    if (!next) return Fail(next.error());
    return Convert(*next, spec);
  }

  // A number, or * for one from the arguments.
  Result<int64_t> TakeCount(int64_t missing) {
    if (!rest_.empty() && rest_[0] == '*') {
      Take();
      Result<Value> value = TakeNext();
      if (!value) return Fail(value.error());
      if (value->kind() != Value::Kind::kInt) return Raise("* wants an int in a % format");
      missing = value->int_value();
    } else {
      const size_t digits = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
      if (digits > 0) {
        missing = ParseDigits(rest_.substr(0, digits), 10, false).value_or(INT64_MAX);
      }
      rest_.remove_prefix(digits);
    }
    if (missing > kMaxFormatWidth || missing < -kMaxFormatWidth) {
      return Fail(ErrorCode::kTooLarge, "a % format asks for more than ", kMaxFormatWidth,
                  " characters");
    }
    return missing;
  }

  Result<Value> TakeNamed() {
    const std::string_view from = rest_;
    int open = 0;
    do {
      const char c = Take();
      if (c == '\0') return Raise("incomplete key in a % format");
      open += c == '(' ? 1 : c == ')' ? -1 : 0;
    } while (open > 0);
    if (!values_.IsDict()) return Raise("a % format with names needs a dict");
    const std::string_view name = from.substr(1, from.size() - rest_.size() - 2);
    const Value* value = values_.Find(name);
    if (value == nullptr) return Raise("no key ", Quote(name), " for a % format");
    by_name_ = true;
    return *value;
  }

  Result<Value> TakeNext() {
    const bool tuple = values_.kind() == Value::Kind::kTuple;
    if (used_ >= (tuple ? values_.items().size() : 1)) {
      return Raise("not enough arguments for a % format");
    }
    return tuple ? values_.items()[used_++] : (++used_, values_);
  }

  Status Convert(const Value& value, FormatSpec spec) {
    switch (spec.type) {
      case 's':
      case 'r':
      case 'a':
        return Text(value, spec);
      case 'c':
        return Character(value, spec);
      case 'd':
      case 'i':
      case 'u':
        spec.type = 'd';
        return Integer(value, spec);
      case 'x':
      case 'X':
      case 'o':
        if (!AsInteger(value)) return Raise("%", spec.type, " wants an int, not ", TypeName(value));
        return Integer(value, spec);
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G': {
        const std::optional<double> number = AsNumber(value);
        if (!number) return Raise("%", spec.type, " wants a number, not ", TypeName(value));
        return AppendFloat(*number, spec, out_);
      }
      default:
        return Raise("unknown % format");
    }
  }

  Status Text(const Value& value, FormatSpec spec) {
    TextSink text = runtime_.NewSink();
    spec.type == 's' ? AppendStr(value, text) : AppendRepr(value, text);
    if (text.full()) return runtime_.CheckRoom(UINT64_MAX);
    spec.align = spec.align == '=' ? '>' : spec.align;
    spec.fill = " ";
    std::string shown = text.Take();
    if (markup_ && !Rep::IsMarkup(value)) shown = EscapeHtml(shown);
    if (spec.precision >= 0) shown.resize(OffsetOfChar(shown, spec.precision));
    AppendPadded(shown, spec, '>', out_);
    return {};
  }

  Status Character(const Value& value, const FormatSpec& spec) {
    std::string c;
    if (value.IsString() && CountChars(value.text()) == 1) {
      c = value.text();
    } else if (const std::optional<int64_t> code = AsInteger(value);
               code && *code >= 0 && *code < 0x110000) {
      const bool surrogate = *code >= 0xD800 && *code < 0xE000;
      AppendUtf8(c, surrogate ? kReplacementCharacter : static_cast<char32_t>(*code));
    } else {
      return Raise("%c wants one character");
    }
    AppendPadded(c, spec, '>', out_);
    return {};
  }

  Status Integer(const Value& value, FormatSpec spec) {
    std::optional<int64_t> integer = AsInteger(value);
    if (value.kind() == Value::Kind::kFloat) {
      const double number = value.float_value();
      if (!(std::abs(number) < 0x1p63)) return Raise("%d cannot show this float");
      integer = static_cast<int64_t>(number);
    }
    if (!integer) return Raise("%", spec.type, " wants a number, not ", TypeName(value));
    // Here a precision means leading zeros.
    const int64_t digits = std::exchange(spec.precision, -1);
    if (digits < 0) return AppendInteger(*integer, spec, out_);
    FormatSpec bare;
    bare.type = spec.type;
    bare.sign = spec.sign;
    bare.align = '=';
    bare.fill = "0";
    bare.width = digits + (*integer < 0 || spec.sign != '-' ? 1 : 0);
    TextSink shown(UINT64_MAX);
    if (Status done = AppendInteger(*integer, bare, shown); !done) return done;
    spec.align = spec.align == '=' ? '>' : spec.align;
    spec.fill = " ";
    AppendPadded(shown.text(), spec, '>', out_);
    return {};
  }

  Runtime& runtime_;
  std::string_view rest_;
  const Value& values_;
  bool markup_;
  TextSink out_;
  size_t used_ = 0;
  bool by_name_ = false;
};

}  // namespace

Result<Value> PercentFormat(Runtime& runtime, const Value& text, const Value& values) {
  return PercentFormatter(runtime, text, values).Run();
}

}  // namespace ingle::jinja
