// Filters on single values: defaults, numbers, JSON, attributes.
#include <algorithm>
#include <cmath>
#include <optional>

#include "tokenizer/template/attributes.h"
#include "tokenizer/template/builtin.h"
#include "tokenizer/template/json.h"
#include "tokenizer/template/number.h"
#include "tokenizer/template/operators.h"

namespace ingle::jinja {
namespace {

Result<Value> Default(Runtime&, const Value& value, const Arguments& args) {
  const bool missing = value.IsUndefined() || (args.Flag(1) && !Truth(value));
  return missing ? args.Or(0, Value("")) : value;
}

Result<Value> Attr(Runtime& runtime, const Value& value, const Arguments& args) {
  if (!args[0].IsString()) return Raise("attr wants a name");
  return GetOnlyAttribute(runtime, value, args[0].text());
}

// Python converts no longer ones.
constexpr size_t kMaxDigits = 4300;

bool IsAllDigits(std::string_view text) {
  return !text.empty() && text.size() <= kMaxDigits &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

Result<Value> IntOfFloat(double number, const Value& missing) {
  if (std::isnan(number)) return missing;
  if (!(std::abs(number) < 0x1p63)) return Raise("the number is too large for an int");
  return Value(static_cast<int64_t>(number));
}

Result<Value> Int(Runtime& runtime, const Value& value, const Arguments& args) {
  const Value missing = args.Or(0, Value(0));
  Result<int64_t> base = args.Int(1, 10);
  if (!base) return Fail(base.error());
  if (value.IsUndefined()) return Raise(Rep::UndefinedMessage(value));
  if (const std::optional<int64_t> integer = AsInteger(value)) return Value(*integer);
  if (value.kind() == Value::Kind::kBigInt) return value;
  if (value.kind() == Value::Kind::kFloat) return IntOfFloat(value.float_value(), missing);
  if (!value.IsString()) return missing;

  if (Status work = runtime.StepBytes(value.text().size()); !work) return Fail(work.error());
  const bool known_base = *base == 0 || (*base >= 2 && *base <= 36);
  if (known_base) {
    const std::optional<int64_t> integer = ParsePythonInt(value.text(), static_cast<int>(*base));
    if (integer) return Value(*integer);
  }
  if (*base == 10 && IsAllDigits(value.text())) return Rep::BigInt(value.text());
  const std::optional<double> number = ParsePythonFloat(value.text());
  if (!number || std::isinf(*number)) return missing;
  return IntOfFloat(*number, missing);
}

Result<Value> Float(Runtime& runtime, const Value& value, const Arguments& args) {
  if (value.IsUndefined()) return Raise(Rep::UndefinedMessage(value));
  if (const std::optional<double> number = AsNumber(value)) return Value(*number);
  std::optional<double> parsed;
  if (value.IsString() || value.kind() == Value::Kind::kBigInt) {
    if (Status work = runtime.StepBytes(value.text().size()); !work) return Fail(work.error());
    parsed = ParsePythonFloat(value.text());
  }
  return parsed ? Value(*parsed) : args.Or(0, Value(0.0));
}

Result<Value> Abs(Runtime&, const Value& value, const Arguments&) {
  if (value.kind() == Value::Kind::kFloat) return Value(std::abs(value.float_value()));
  const std::optional<int64_t> integer = AsInteger(value);
  if (!integer) return Raise("abs wants a number, not ", TypeName(value));
  return *integer < 0 ? Negate(Value(*integer)) : Value(*integer);
}

// round(number, digits): halves go to the even neighbour, of the exact binary value.
Value RoundFloat(double number, int64_t digits) {
  if (!std::isfinite(number) || digits > 320) return Value(number);
  if (digits < -310) return Value(std::copysign(0.0, number));
  if (digits >= 0) {
    return Value(*ParsePythonFloat(FormatFloat(number, 'f', static_cast<int>(digits))));
  }
  const double unit = std::pow(10.0, static_cast<double>(-digits));
  return Value(std::nearbyint(number / unit) * unit);
}

Result<Value> RoundInt(int64_t number, int64_t digits) {
  if (digits >= 0) return Value(number);
  if (digits < -18) return Value(0);
  int64_t unit = 1;
  for (int64_t i = digits; i < 0; ++i) unit *= 10;
  const int64_t rest = (number % unit + unit) % unit;
  const int64_t down = number - rest;
  const bool up = rest > unit - rest || (rest == unit - rest && (down / unit) % 2 != 0);
  int64_t rounded = down;
  if (up && __builtin_add_overflow(down, unit, &rounded)) return Raise("integer beyond 64 bits");
  return Value(rounded);
}

Result<Value> Round(Runtime&, const Value& value, const Arguments& args) {
  Result<std::optional<std::string_view>> given = args.Text(1);
  if (!given) return Fail(given.error());
  const std::string_view method = given->value_or("common");
  if (method != "common" && method != "ceil" && method != "floor") {
    return Raise("round knows the methods common, ceil and floor");
  }
  Result<int64_t> digits = args.Int(0, 0);
  if (!digits) return Fail(digits.error());
  const std::optional<double> number = AsNumber(value);
  if (!number) return Raise("round wants a number, not ", TypeName(value));
  if (method == "common") {
    const std::optional<int64_t> integer = AsInteger(value);
    return integer ? RoundInt(*integer, *digits) : RoundFloat(*number, *digits);
  }
  const double unit = std::pow(10.0, static_cast<double>(*digits));
  const double scaled = *number * unit;
  if (!std::isfinite(scaled)) return Raise("round cannot make an int of this number");
  return Value((method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / unit);
}

Status ReadIndent(Runtime& runtime, const Value& indent, JsonStyle& style) {
  if (indent.IsNone()) return {};
  style.item_separator = ",";
  if (indent.IsString()) {
    style.indent = indent.text();
    return {};
  }
  const std::optional<int64_t> width = AsInteger(indent);
  if (!width) return Raise("tojson wants an int or a str as indent, not ", TypeName(indent));
  const auto blanks = static_cast<uint64_t>(std::max<int64_t>(*width, 0));
  if (Status room = runtime.CheckRoom(blanks); !room) return room;
  style.indent = std::string(blanks, ' ');
  return {};
}

Status ReadSeparators(const Value& separators, JsonStyle& style) {
  if (separators.IsNone()) return {};
  const bool pair = separators.IsSequence() && separators.items().size() == 2 &&
                    separators.items()[0].IsString() && separators.items()[1].IsString();
  if (!pair) return Raise("tojson wants two str as separators");
  style.item_separator = separators.items()[0].text();
  style.key_separator = separators.items()[1].text();
  return {};
}

// Hugging Face's, which escapes nothing for HTML.
Result<Value> ToJsonFilter(Runtime& runtime, const Value& value, const Arguments& args) {
  JsonStyle style;
  style.ensure_ascii = args.Flag(0);
  style.sort_keys = args.Flag(3);
  if (Status done = ReadIndent(runtime, args.Or(1, Value()), style); !done)
    return Fail(done.error());
  if (Status done = ReadSeparators(args.Or(2, Value()), style); !done) return Fail(done.error());
  TextSink out = runtime.NewSink();
  if (Status done = WriteJson(value, style, out); !done) return Fail(done.error());
  return runtime.String(std::move(out));
}

constexpr Builtin kFilters[] = {
    {"default", "default_value? boolean?", Default},
    {"d", "default_value? boolean?", Default},
    {"attr", "name", Attr},
    {"int", "default? base?", Int},
    {"float", "default?", Float},
    {"abs", "/", Abs},
    {"round", "precision? method?", Round},
    {"tojson", "ensure_ascii? indent? separators? sort_keys?", ToJsonFilter},
};

}  // namespace

std::span<const Builtin> ValueFilters() { return kFilters; }

}  // namespace ingle::jinja
