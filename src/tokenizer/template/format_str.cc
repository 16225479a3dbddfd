#include <algorithm>
#include <cmath>
#include <optional>

#include "base/utf8.h"
#include "tokenizer/template/attributes.h"
#include "tokenizer/template/format.h"
#include "tokenizer/template/number.h"
#include "tokenizer/template/operators.h"
#include "tokenizer/template/print.h"
#include "tokenizer/template/text.h"

namespace ingle::jinja {
namespace {

bool IsOneOf(std::string_view text, std::string_view set) {
  return !text.empty() && set.find(text[0]) != std::string_view::npos;
}

Result<int64_t> TakeNumber(std::string_view& text) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::optional<int64_t> number = ParseDigits(text.substr(0, digits), 10, false);
  text.remove_prefix(digits);
  if (!number || *number > kMaxFormatWidth) {
    return Fail(ErrorCode::kTooLarge, "a format asks for more than ", kMaxFormatWidth,
                " characters");
  }
  return *number;
}

Result<FormatSpec> ParseSpec(std::string_view text) {
  FormatSpec spec;
  if (!text.empty()) {
    std::string_view rest = text;
    const std::string_view first = TakeChar(rest);
    if (IsOneOf(rest, "<>^=")) {
      spec.fill = first;
      text = rest;
    }
  }
  const auto take = [&](std::string_view set, char missing) {
    if (!IsOneOf(text, set)) return missing;
    const char c = text[0];
    text.remove_prefix(1);
    return c;
  };
  spec.align = take("<>^=", '\0');
  spec.sign = take("+- ", '-');
  spec.alternate = take("#", '\0') != '\0';
  if (take("0", '\0') != '\0') {
    if (spec.align == '\0') {
      spec.align = '=';
      spec.fill = "0";
    } else if (spec.fill == " ") {
      spec.fill = "0";
    }
  }
  if (IsOneOf(text, "0123456789")) {
    Result<int64_t> width = TakeNumber(text);
    if (!width) return Fail(width.error());
    spec.width = *width;
  }
  spec.grouping = take(",_", '\0');
  if (take(".", '\0') != '\0') {
    if (!IsOneOf(text, "0123456789")) return Raise("format without digits after its point");
    Result<int64_t> precision = TakeNumber(text);
    if (!precision) return Fail(precision.error());
    spec.precision = *precision;
  }
  if (text.size() > 1) return Raise("invalid format ", Quote(text));
  if (!text.empty()) spec.type = text[0];
  return spec;
}

class StrFormatter {
 public:
  StrFormatter(Runtime& runtime, const Value& text, const CallArguments& arguments)
      : runtime_(runtime), arguments_(arguments), markup_(Rep::IsMarkup(text)) {}

  // Fields within a field's spec are filled in too, but no deeper.
  Status Run(std::string_view text, int depth, TextSink& out) {
    if (depth > 1) return Raise("format fields nest too deep");
    while (!text.empty() && !out.full()) {
      const size_t plain = std::min(text.find_first_of("{}"), text.size());
      out.Append(text.substr(0, plain));
      text.remove_prefix(plain);
      if (text.empty()) break;
      const char brace = text[0];
      text.remove_prefix(1);
      if (!text.empty() && text[0] == brace) {
        out.Append({&brace, 1});
        text.remove_prefix(1);
        continue;
      }
      if (brace == '}') return Raise("single '}' in a format");
      Result<std::string_view> field = TakeField(text);
      if (!field) return Fail(field.error());
      if (Status done = Field(*field, depth, out); !done) return done;
    }
    return {};
  }

 private:
  // Up to the brace that closes what has been opened.
  static Result<std::string_view> TakeField(std::string_view& text) {
    int open = 1;
    for (size_t i = 0; i < text.size(); ++i) {
      open += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
      if (open == 0) {
        const std::string_view field = text.substr(0, i);
        text.remove_prefix(i + 1);
        return field;
      }
    }
    return Raise("'{' without its '}' in a format");
  }

  Status Field(std::string_view field, int depth, TextSink& out) {
    if (Status step = runtime_.Step(); !step) return step;
    const size_t name_end = std::min(field.find_first_of("!:"), field.size());
    Result<Value> value = Lookup(field.substr(0, name_end));
    if (!value) return Fail(value.error());
    field.remove_prefix(name_end);
    if (!field.empty() && field[0] == '!') {
      if (field.size() < 2 || (field.size() > 2 && field[2] != ':')) {
        return Raise("malformed conversion in a format");
      }
      value = Converted(*value, field[1]);
      if (!value) return Fail(value.error());
      field.remove_prefix(2);
    }
    TextSink spec = runtime_.NewSink();
    if (!field.empty()) {
      if (Status done = Run(field.substr(1), depth + 1, spec); !done) return done;
    }
    if (!markup_ || Rep::IsMarkup(*value)) {
      return AppendFormatted(runtime_, *value, spec.text(), out);
    }
    TextSink shown = runtime_.NewSink();
    if (Status done = AppendFormatted(runtime_, *value, spec.text(), shown); !done) return done;
    out.Append(EscapeHtml(shown.text()));
    return {};
  }

  Result<Value> Converted(const Value& value, char conversion) {
    TextSink text = runtime_.NewSink();
    if (conversion == 's') {
      AppendStr(value, text);
    } else if (conversion == 'r' || conversion == 'a') {
      AppendRepr(value, text);
    } else {
      return Raise("unknown conversion !", conversion, " in a format");
    }
    return runtime_.String(std::move(text));
  }

  // name or number, then .attribute and [key]
  Result<Value> Lookup(std::string_view name) {
    const size_t end = std::min(name.find_first_of(".["), name.size());
    Result<Value> value = Argument(name.substr(0, end));
    name.remove_prefix(end);
    while (value && !name.empty()) {
      const bool item = name[0] == '[';
      name.remove_prefix(1);
      const size_t stop = std::min(name.find_first_of(item ? "]" : ".["), name.size());
      const std::string_view part = name.substr(0, stop);
      if (part.empty() || (item && stop == name.size())) return Raise("malformed format field");
      name.remove_prefix(item ? stop + 1 : stop);
      const std::optional<int64_t> index = ParseDigits(part, 10, false);
      if (!item) {
        value = GetAttribute(runtime_, *value, part);
      } else {
        value = GetItem(runtime_, *value, index ? Value(*index) : Value(part));
      }
      if (item && !name.empty() && name[0] != '.' && name[0] != '[') {
        return Raise("only . or [ may follow ] in a format field");
      }
    }
    return value;
  }

  Result<Value> Argument(std::string_view name) {
    std::optional<int64_t> index = ParseDigits(name, 10, false);
    if (name.empty() || index) {
      const bool automatic = name.empty();
      if (automatic ? numbered_ : next_ > 0) {
        return Raise("a format cannot both number its fields and leave them unnumbered");
      }
      numbered_ = !automatic;
      if (automatic) index = static_cast<int64_t>(next_++);
      if (static_cast<uint64_t>(*index) >= arguments_.positional.size()) {
        return Raise("no argument ", *index, " for a format");
      }
      return arguments_.positional[static_cast<size_t>(*index)];
    }
    for (const auto& [key, value] : arguments_.named) {
      if (key == name) return value;
    }
    return Raise("no argument ", Quote(name), " for a format");
  }

  Runtime& runtime_;
  const CallArguments& arguments_;
  bool markup_;
  size_t next_ = 0;
  bool numbered_ = false;
};

}  // namespace

Status AppendFormatted(Runtime&, const Value& value, std::string_view spec_text, TextSink& out) {
  if (spec_text.empty()) {
    AppendStr(value, out);
    return {};
  }
  const bool number = AsNumber(value).has_value();
  if (!number && !value.IsString()) return Raise(TypeName(value), " takes no format");
  Result<FormatSpec> spec = ParseSpec(spec_text);
  if (!spec) return Fail(spec.error());
  if (value.kind() == Value::Kind::kFloat) return AppendFloat(value.float_value(), *spec, out);
  if (number && spec->type == 'c') {
    const int64_t code = *AsInteger(value);
    if (code < 0 || code > 0x10FFFF) return Raise("{:c} wants the number of a character");
    const bool surrogate = code >= 0xD800 && code < 0xE000;
    std::string c;
    AppendUtf8(c, surrogate ? kReplacementCharacter : static_cast<char32_t>(code));
    AppendPadded(c, *spec, '<', out);
    return {};
  }
  if (number) return AppendInteger(*AsInteger(value), *spec, out);

  const bool fits = (spec->type == '\0' || spec->type == 's') && spec->align != '=' &&
                    spec->sign == '-' && spec->grouping == '\0' && !spec->alternate;
  // "05" asks for '=' of numbers only.
  if (!fits && !(spec->align == '=' && spec->fill == "0" && spec_text[0] == '0')) {
    return Raise("format ", Quote(spec_text), " is not for a str");
  }
  if (spec->align == '=') spec->align = '<';
  std::string_view text = value.text();
  if (spec->precision >= 0) text = text.substr(0, OffsetOfChar(text, spec->precision));
  AppendPadded(text, *spec, '<', out);
  return {};
}

Result<Value> StrFormat(Runtime& runtime, const Value& text, const CallArguments& arguments) {
  TextSink out = runtime.NewSink();
  if (Status done = StrFormatter(runtime, text, arguments).Run(text.text(), 0, out); !done) {
    return Fail(done.error());
  }
  return runtime.String(std::move(out), Rep::IsMarkup(text));
}

}  // namespace ingle::jinja
