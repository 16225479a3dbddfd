// Filters that make text.
#include <algorithm>
#include <optional>

#include "tokenizer/template/attribute_path.h"
#include "tokenizer/template/builtin.h"
#include "tokenizer/template/iterate.h"
#include "tokenizer/template/operators.h"
#include "tokenizer/template/print.h"
#include "tokenizer/template/split.h"
#include "tokenizer/template/text.h"

namespace ingle::jinja {
namespace {

// Filters that are str's method of the same kind, for any value: it is made text first.
template <const char* const& kMethod>
Result<Value> AsMethod(Runtime& runtime, const Value& value, const Arguments& args) {
  Result<Value> text = SoftStr(runtime, value);
  if (!text) return text;
  CallArguments positional = {args.all().positional, {}};
  for (const auto& [name, argument] : args.all().named) positional.positional.push_back(argument);
  return CallBuiltin(runtime, *FindBuiltin(StringMethods(), kMethod), *text, positional);
}
constexpr const char* kUpper = "upper";
constexpr const char* kLower = "lower";
constexpr const char* kCapitalize = "capitalize";
constexpr const char* kStrip = "strip";

Result<Value> Center(Runtime& runtime, const Value& value, const Arguments& args) {
  Result<Value> text = SoftStr(runtime, value);
  if (!text) return text;
  return CallBuiltin(runtime, *FindBuiltin(StringMethods(), "center"), *text,
                     {{args.Or(0, Value(80))}, {}});
}

// Words begin after blanks and - ( { [ <, and only there, unlike str.title's.
Result<Value> Title(Runtime& runtime, const Value& value, const Arguments&) {
  Result<Value> text = SoftStr(runtime, value);
  if (!text) return text;
  std::string out;
  bool begins = true;
  for (std::string_view rest = text->text(); !rest.empty();) {
    const std::string_view c = TakeChar(rest);
    const bool between = std::string_view("-({[<").find(c) != std::string_view::npos ||
                         (ClassOf(CodeOf(c)) & kCharSpace) != 0;
    out += begins ? ToUpper(c) : ToLower(c);
    begins = between;
  }
  return runtime.String(std::move(out));
}

Result<Value> String(Runtime& runtime, const Value& value, const Arguments&) {
  return SoftStr(runtime, value);
}

Result<Value> Replace(Runtime& runtime, const Value& value, const Arguments& args) {
  Result<std::string> text = StrOf(runtime, value);
  Result<std::string> old = StrOf(runtime, args[0]);
  Result<std::string> with = StrOf(runtime, args[1]);
  if (!text) return Fail(text.error());
  if (!old) return Fail(old.error());
  if (!with) return Fail(with.error());
  Result<int64_t> count = args.Has(2) && !args[2].IsNone() ? args.Int(2) : Result<int64_t>(-1);
  if (!count) return Fail(count.error());
  return ReplaceText(runtime, Value(std::move(*text)), *old, *with, *count);
}

Result<Value> Join(Runtime& runtime, const Value& value, const Arguments& args) {
  Result<std::string> separator = StrOf(runtime, args.Or(0, Value("")));
  if (!separator) return Fail(separator.error());
  const AttributePath path(args.Or(1, Value()));
  Result<std::shared_ptr<Iterator>> iterator = Iterate(value);
  if (!iterator) return Fail(iterator.error());
  TextSink out = runtime.NewSink();
  for (bool first = true;; first = false) {
    Result<std::optional<Value>> item = (*iterator)->Next(runtime);
    if (!item) return Fail(item.error());
    if (!*item || out.full()) break;
    Result<Value> shown = path.Of(runtime, **item);
    if (!shown) return shown;
    if (!first) out.Append(*separator);
    AppendStr(*shown, out);
  }
  return runtime.String(std::move(out));
}

Result<Value> Indent(Runtime& runtime, const Value& value, const Arguments& args) {
  if (value.IsUndefined()) return Raise(Rep::UndefinedMessage(value));
  if (!value.IsString()) return Raise("indent wants a str, not ", TypeName(value));
  std::string indent;
  if (args.Has(0) && args[0].IsString()) {
    indent = args[0].text();
  } else {
    Result<int64_t> width = args.Int(0, 4);
    if (!width) return Fail(width.error());
    if (Status room = runtime.CheckRoom(static_cast<uint64_t>(std::max<int64_t>(*width, 0)));
        !room) {
      return Fail(room.error());
    }
    indent.assign(static_cast<size_t>(std::max<int64_t>(*width, 0)), ' ');
  }
  const bool first = args.Flag(1);
  const bool blank = args.Flag(2);
  const std::string text = value.text() + "\n";
  TextSink out = runtime.NewSink();
  bool at_start = true;
  for (std::string_view line : LinesOf(text, false)) {
    if (!at_start) out.Append("\n");
    if (at_start ? first : blank || !line.empty()) out.Append(indent);
    out.Append(line);
    at_start = false;
  }
  return runtime.String(std::move(out), Rep::IsMarkup(value));
}

Result<Value> Truncate(Runtime& runtime, const Value& value, const Arguments& args) {
  Result<int64_t> length = args.Int(0, 255);
  Result<int64_t> leeway = args.Has(3) && !args[3].IsNone() ? args.Int(3) : Result<int64_t>(5);
  Result<std::optional<std::string_view>> given_end = args.Text(2);
  if (!length) return Fail(length.error());
  if (!leeway) return Fail(leeway.error());
  if (!given_end) return Fail(given_end.error());
  const std::string_view end = given_end->value_or("...");
  const int64_t end_length = CountChars(end);
  if (*length < end_length || *leeway < 0) return Raise("truncate to less than its end");
  Result<Value> count = Length(runtime, value);
  if (!count) return count;
  const int64_t excess = count->int_value() - *length;
  if (excess <= 0 || excess <= *leeway) return value;
  if (!value.IsString()) return Raise("truncate wants a str, not ", TypeName(value));
  std::string_view kept = value.text();
  kept = kept.substr(0, OffsetOfChar(kept, *length - end_length));
  if (!args.Flag(1)) kept = kept.substr(0, kept.rfind(' '));
  return runtime.String(std::string(kept) + std::string(end), Rep::IsMarkup(value));
}

Result<Value> WordCount(Runtime& runtime, const Value& value, const Arguments&) {
  Result<Value> text = SoftStr(runtime, value);
  if (!text) return text;
  if (Status work = runtime.StepBytes(text->text().size()); !work) return Fail(work.error());
  constexpr uint32_t kWord = kCharAlpha | kCharDecimal | kCharDigit | kCharNumeric;
  int64_t count = 0;
  bool in_word = false;
  for (std::string_view rest = text->text(); !rest.empty();) {
    const char32_t c = CodeOf(TakeChar(rest));
    const bool word = c == '_' || (ClassOf(c) & kWord) != 0;
    count += word && !in_word ? 1 : 0;
    in_word = word;
  }
  return Value(count);
}

Result<Value> Format(Runtime& runtime, const Value& value, const Arguments& args) {
  const CallArguments& all = args.all();
  if (!all.positional.empty() && !all.named.empty()) {
    return Raise("format takes arguments by position or by name, not both");
  }
  Result<Value> text = SoftStr(runtime, value);
  if (!text) return text;
  if (all.named.empty())
    return PercentFormat(runtime, *text, Rep::Sequence(all.positional, true, {}));
  Dict dict;
  for (const auto& [name, argument] : all.named) dict.Set(Value(name), argument);
  return PercentFormat(runtime, *text, Value(std::move(dict)));
}

Result<Value> Safe(Runtime& runtime, const Value& value, const Arguments&) {
  if (Rep::IsMarkup(value)) return value;
  Result<std::string> text = StrOf(runtime, value);
  if (!text) return Fail(text.error());
  return runtime.String(std::move(*text), true);
}

template <bool kEvenMarkup>
Result<Value> Escape(Runtime& runtime, const Value& value, const Arguments&) {
  if (Rep::IsMarkup(value) && !kEvenMarkup) return value;
  Result<std::string> text = StrOf(runtime, value);
  if (!text) return Fail(text.error());
  if (Status room = runtime.CheckRoom(6 * text->size()); !room) return Fail(room.error());
  return runtime.String(EscapeHtml(*text), true);
}

void AppendUrlQuoted(std::string_view text, std::string_view safe, bool plus, TextSink& out) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    const auto byte = static_cast<unsigned char>(c);
    if (letter || safe.find(c) != std::string_view::npos) {
      out.Append({&c, 1});
    } else if (c == ' ' && plus) {
      out.Append("+");
    } else {
      const char quoted[] = {'%', kHex[byte >> 4], kHex[byte & 15]};
      out.Append({quoted, 3});
    }
  }
}

Result<Value> UrlEncode(Runtime& runtime, const Value& value, const Arguments&) {
  TextSink out = runtime.NewSink();
  if (value.IsString() || IteratorOf(value) == nullptr) {
    Result<std::string> text = StrOf(runtime, value);
    if (!text) return Fail(text.error());
    AppendUrlQuoted(*text, "_.-~/", false, out);
    return runtime.String(std::move(out));
  }
  Result<ValueList> pairs = ValueList();
  if (value.IsDict()) {
    for (const Dict::Entry& entry : value.dict().entries()) {
      pairs->push_back(Value(ValueList{entry.key, entry.value}));
    }
  } else {
    pairs = Collect(runtime, value);
  }
  if (!pairs) return Fail(pairs.error());
  for (const Value& pair : *pairs) {
    Result<ValueList> parts = Collect(runtime, pair);
    if (!parts) return Fail(parts.error());
    if (parts->size() != 2) return Raise("urlencode wants pairs");
    if (&pair != &pairs->front()) out.Append("&");
    for (size_t i = 0; i < 2; ++i) {
      Result<std::string> text = StrOf(runtime, (*parts)[i]);
      if (!text) return Fail(text.error());
      if (i == 1) out.Append("=");
      AppendUrlQuoted(*text, "_.-~", true, out);
    }
  }
  return runtime.String(std::move(out));
}

Result<Value> XmlAttributes(Runtime& runtime, const Value& value, const Arguments& args) {
  if (!value.IsDict()) return Raise("xmlattr wants a dict, not ", TypeName(value));
  TextSink out = runtime.NewSink();
  const bool leading = args.Flag(0, true);
  for (const Dict::Entry& entry : value.dict().entries()) {
    if (entry.value.IsNone() || entry.value.IsUndefined()) continue;
    if (!entry.key.IsString()) return Raise("xmlattr wants names that are str");
    if (entry.key.text().find_first_of(" \t\n\r\f\v/>=") != std::string::npos) {
      return Raise("invalid character in the attribute name ", Quote(entry.key.text()));
    }
    Result<std::string> text = StrOf(runtime, entry.value);
    if (!text) return Fail(text.error());
    if (leading || !out.text().empty()) out.Append(" ");
    out.Append(EscapeHtml(entry.key.text()));
    out.Append("=\"");
    out.Append(Rep::IsMarkup(entry.value) ? *text : EscapeHtml(*text));
    out.Append("\"");
  }
  return runtime.String(std::move(out));
}

Result<Value> Refuse(Runtime&, const Value&, const Arguments&) {
  return Raise("this filter of Jinja is of no use to chat templates and not there");
}

constexpr Builtin kFilters[] = {
    {"upper", "", AsMethod<kUpper>},
    {"lower", "", AsMethod<kLower>},
    {"capitalize", "", AsMethod<kCapitalize>},
    {"title", "", Title},
    {"trim", "chars?", AsMethod<kStrip>},
    {"center", "width?", Center},
    {"string", "", String},
    {"replace", "old new count?", Replace},
    {"join", "d? attribute?", Join},
    {"indent", "width? first? blank?", Indent},
    {"truncate", "length? killwords? end? leeway?", Truncate},
    {"wordcount", "", WordCount},
    {"format", "*", Format},
    {"safe", "", Safe},
    {"escape", "", Escape<false>},
    {"e", "", Escape<false>},
    {"forceescape", "", Escape<true>},
    {"urlencode", "", UrlEncode},
    {"xmlattr", "autospace?", XmlAttributes},
    {"wordwrap", "*", Refuse},
    {"urlize", "*", Refuse},
    {"striptags", "*", Refuse},
    {"filesizeformat", "*", Refuse},
    {"pprint", "*", Refuse},
    {"random", "*", Refuse},
};

}  // namespace

std::span<const Builtin> TextFilters() { return kFilters; }

}  // namespace ingle::jinja
