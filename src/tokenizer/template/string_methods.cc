// The methods of str.
#include <algorithm>
#include <optional>

#include "tokenizer/template/builtin.h"
#include "tokenizer/template/format.h"
#include "tokenizer/template/iterate.h"
#include "tokenizer/template/operators.h"
#include "tokenizer/template/print.h"
#include "tokenizer/template/split.h"
#include "tokenizer/template/text.h"

namespace ingle::jinja {
namespace {

constexpr size_t kNone = std::string_view::npos;

// A result that is Markup where self is.
Result<Value> Like(Runtime& runtime, const Value& self, std::string_view text) {
  return runtime.String(std::string(text), Rep::IsMarkup(self));
}

template <std::string (*kMap)(std::string_view)>
Result<Value> Mapped(Runtime& runtime, const Value& self, const Arguments&) {
  if (Status work = runtime.StepBytes(4 * self.text().size()); !work) return Fail(work.error());
  return Like(runtime, self, kMap(self.text()));
}

template <StripSides kSides>
Result<Value> Stripped(Runtime& runtime, const Value& self, const Arguments& args) {
  Result<std::optional<std::string_view>> chars = args.Text(0);
  if (!chars) return Fail(chars.error());
  const uint64_t sought = *chars ? (*chars)->size() * 64 : 0;
  if (Status work = runtime.StepSearch(self.text().size(), sought); !work)
    return Fail(work.error());
  return Like(runtime, self, Strip(self.text(), *chars ? &**chars : nullptr, kSides));
}

// True where there is a character and each is in one of the classes.
template <uint32_t kClasses>
Result<Value> AllOf(Runtime& runtime, const Value& self, const Arguments&) {
  if (Status work = runtime.StepBytes(self.text().size()); !work) return Fail(work.error());
  for (std::string_view rest = self.text(); !rest.empty();) {
    if ((ClassOf(CodeOf(TakeChar(rest))) & kClasses) == 0) return Value(false);
  }
  return Value(kClasses == kCharPrintable || !self.text().empty());
}

// Of the cased characters all are of the one case, and there is one.
template <CharClass kCase, uint32_t kOthers>
Result<Value> IsCase(Runtime& runtime, const Value& self, const Arguments&) {
  if (Status work = runtime.StepBytes(self.text().size()); !work) return Fail(work.error());
  bool found = false;
  for (std::string_view rest = self.text(); !rest.empty();) {
    const uint32_t classes = ClassOf(CodeOf(TakeChar(rest)));
    if ((classes & kOthers) != 0) return Value(false);
    found |= (classes & kCase) != 0;
  }
  return Value(found);
}

Result<Value> IsTitle(Runtime& runtime, const Value& self, const Arguments&) {
  if (Status work = runtime.StepBytes(self.text().size()); !work) return Fail(work.error());
  bool found = false;
  bool in_word = false;
  for (std::string_view rest = self.text(); !rest.empty();) {
    const uint32_t classes = ClassOf(CodeOf(TakeChar(rest)));
    const bool starts = (classes & (kCharUpper | kCharTitle)) != 0;
    const bool follows = (classes & kCharLower) != 0;
    if ((starts && in_word) || (follows && !in_word)) return Value(false);
    in_word = starts || follows;
    found |= in_word;
  }
  return Value(found);
}

Result<Value> IsAscii(Runtime& runtime, const Value& self, const Arguments&) {
  if (Status work = runtime.StepBytes(self.text().size()); !work) return Fail(work.error());
  return Value(std::all_of(self.text().begin(), self.text().end(),
                           [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
}

Result<Value> IsIdentifier(Runtime& runtime, const Value& self, const Arguments&) {
  if (Status work = runtime.StepBytes(self.text().size()); !work) return Fail(work.error());
  uint32_t allowed = kCharAlpha;
  for (std::string_view rest = self.text(); !rest.empty();) {
    const char32_t c = CodeOf(TakeChar(rest));
    if (c != '_' && (ClassOf(c) & allowed) == 0) return Value(false);
    allowed = kCharAlpha | kCharDecimal;
  }
  return Value(!self.text().empty());
}

// The part of self between the code points start and end that find() and its like look at.
struct Window {
  std::string_view text;
  int64_t start;  // in code points
};

Result<std::optional<Window>> WindowOf(Runtime& runtime, const Value& self, const Arguments& args,
                                       size_t first) {
  if (Status work = runtime.StepBytes(self.text().size()); !work) return Fail(work.error());
  const std::string_view text = self.text();
  if (!args.Has(first) && !args.Has(first + 1)) return Window{text, 0};
  const int64_t length = CountChars(text);
  const auto bound = [&](size_t index, int64_t missing) -> Result<int64_t> {
    if (!args.Has(index) || args[index].IsNone()) return missing;
    Result<int64_t> position = args.Int(index);
    if (position && *position < 0) return std::max<int64_t>(0, *position + length);
    return position;
  };
  Result<int64_t> start = bound(first, 0);
  Result<int64_t> end = bound(first + 1, length);
  if (!start) return Fail(start.error());
  if (!end) return Fail(end.error());
  if (*start > length || *start > *end) return std::nullopt;
  const size_t from = OffsetOfChar(text, *start);
  const size_t to = OffsetOfChar(text, std::min(*end, length));
  return Window{text.substr(from, to - from), *start};
}

enum class Missing { kMinusOne, kError };

template <bool kFromRight, Missing kMissing>
Result<Value> FindIn(Runtime& runtime, const Value& self, const Arguments& args) {
  if (!args[0].IsString()) return Raise("only a str can be found in a str");
  const std::string& sought = args[0].text();
  if (Status work = runtime.StepSearch(self.text().size(), sought.size()); !work) {
    return Fail(work.error());
  }
  Result<std::optional<Window>> window = WindowOf(runtime, self, args, 1);
  if (!window) return Fail(window.error());
  size_t at = kNone;
  if (*window) at = kFromRight ? (*window)->text.rfind(sought) : (*window)->text.find(sought);
  if (at != kNone) return Value((*window)->start + CountChars((*window)->text.substr(0, at)));
  if (kMissing == Missing::kError) return Raise("substring not found");
  return Value(-1);
}

Result<Value> Count(Runtime& runtime, const Value& self, const Arguments& args) {
  if (!args[0].IsString()) return Raise("only a str can be counted in a str");
  const std::string& sought = args[0].text();
  if (Status work = runtime.StepSearch(self.text().size(), sought.size()); !work) {
    return Fail(work.error());
  }
  Result<std::optional<Window>> window = WindowOf(runtime, self, args, 1);
  if (!window) return Fail(window.error());
  if (!*window) return Value(0);
  const std::string_view text = (*window)->text;
  if (sought.empty()) return Value(CountChars(text) + 1);
  int64_t count = 0;
  for (size_t at = text.find(sought); at != kNone; at = text.find(sought, at + sought.size())) {
    ++count;
  }
  return Value(count);
}

template <bool kAtEnd>
Result<Value> HasAffix(Runtime& runtime, const Value& self, const Arguments& args) {
  ValueList one = {args[0]};
  const ValueList& affixes = args[0].kind() == Value::Kind::kTuple ? args[0].items() : one;
  Result<std::optional<Window>> window = WindowOf(runtime, self, args, 1);
  if (!window) return Fail(window.error());
  for (const Value& affix : affixes) {
    if (!affix.IsString()) {
      return Raise(kAtEnd ? "endswith" : "startswith", "() wants a str or a tuple of str, not ",
                   TypeName(affix));
    }
    if (Status step = runtime.StepBytes(affix.text().size()); !step) return Fail(step.error());
    if (!*window) continue;
    const std::string_view text = (*window)->text;
    if (kAtEnd ? text.ends_with(affix.text()) : text.starts_with(affix.text())) return Value(true);
  }
  return Value(false);
}

template <bool kAtEnd>
Result<Value> RemoveAffix(Runtime& runtime, const Value& self, const Arguments& args) {
  if (!args[0].IsString()) return Raise("only a str can be removed from a str");
  std::string_view text = self.text();
  const std::string& affix = args[0].text();
  if (kAtEnd ? text.ends_with(affix) : text.starts_with(affix)) {
    kAtEnd ? text.remove_suffix(affix.size()) : text.remove_prefix(affix.size());
  }
  return Like(runtime, self, text);
}

Result<Value> Replace(Runtime& runtime, const Value& self, const Arguments& args) {
  if (!args[0].IsString() || !args[1].IsString()) return Raise("replace() wants two str");
  Result<int64_t> count = args.Int(2, -1);
  if (!count) return Fail(count.error());
  const bool escape = Rep::IsMarkup(self) && !Rep::IsMarkup(args[1]);
  return ReplaceText(runtime, self, args[0].text(),
                     escape ? EscapeHtml(args[1].text()) : args[1].text(), *count);
}

Result<Value> Join(Runtime& runtime, const Value& self, const Arguments& args) {
  Result<std::shared_ptr<Iterator>> iterator = Iterate(args[0]);
  if (!iterator) return Fail(iterator.error());
  const bool markup = Rep::IsMarkup(self);
  TextSink out = runtime.NewSink();
  for (bool first = true;; first = false) {
    Result<std::optional<Value>> item = (*iterator)->Next(runtime);
    if (!item) return Fail(item.error());
    if (!*item || out.full()) break;
    if (!(*item)->IsString() && !markup) return Raise("join() wants str, not ", TypeName(**item));
    if (!first) out.Append(self.text());
    Result<Value> text = SoftStr(runtime, **item);
    if (!text) return text;
    out.Append(markup && !Rep::IsMarkup(*text) ? EscapeHtml(text->text()) : text->text());
  }
  return runtime.String(std::move(out), markup);
}

Result<Value> Format(Runtime& runtime, const Value& self, const Arguments& args) {
  return StrFormat(runtime, self, args.all());
}

Result<Value> FormatMap(Runtime& runtime, const Value& self, const Arguments& args) {
  if (!args[0].IsDict()) return Raise("format_map() wants a dict, not ", TypeName(args[0]));
  CallArguments arguments;
  for (const Dict::Entry& entry : args[0].dict().entries()) {
    if (Status step = runtime.Step(); !step) return Fail(step.error());
    if (entry.key.IsString()) arguments.named.emplace_back(entry.key.text(), entry.value);
  }
  return StrFormat(runtime, self, arguments);
}

template <char kAlign>
Result<Value> Justify(Runtime& runtime, const Value& self, const Arguments& args) {
  Result<int64_t> width = args.Int(0);
  if (!width) return Fail(width.error());
  FormatSpec spec;
  spec.width = std::max<int64_t>(*width, 0);
  spec.align = kAlign;
  if (args.Has(1)) {
    if (!args[1].IsString() || CountChars(args[1].text()) != 1) {
      return Raise("the fill must be one character");
    }
    spec.fill = args[1].text();
  }
  TextSink out = runtime.NewSink();
  // Where the blanks do not divide, str.center leans to the right only in even widths.
  const int64_t missing = spec.width - CountChars(self.text());
  if (kAlign == '^' && missing > 0 && (missing & spec.width & 1) != 0) {
    out.Append(spec.fill);
    spec.width -= 1;
  }
  AppendPadded(self.text(), spec, kAlign, out);
  return runtime.String(std::move(out), Rep::IsMarkup(self));
}

Result<Value> ZeroFill(Runtime& runtime, const Value& self, const Arguments& args) {
  Result<int64_t> width = args.Int(0);
  if (!width) return Fail(width.error());
  std::string_view text = self.text();
  TextSink out = runtime.NewSink();
  const int64_t missing = std::max<int64_t>(*width, 0) - CountChars(text);
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    out.Append(text.substr(0, 1));
    text.remove_prefix(1);
  }
  out.Fill(static_cast<uint64_t>(std::max<int64_t>(missing, 0)), "0");
  out.Append(text);
  return runtime.String(std::move(out));
}

Result<Value> ExpandTabs(Runtime& runtime, const Value& self, const Arguments& args) {
  Result<int64_t> size = args.Int(0, 8);
  if (!size) return Fail(size.error());
  TextSink out = runtime.NewSink();
  int64_t column = 0;
  for (std::string_view rest = self.text(); !rest.empty() && !out.full();) {
    const std::string_view c = TakeChar(rest);
    if (c == "\t") {
      const int64_t blanks = *size > 0 ? *size - column % *size : 0;
      out.Fill(static_cast<uint64_t>(blanks), " ");
      column += blanks;
      continue;
    }
    out.Append(c);
    column = c == "\n" || c == "\r" ? 0 : column + 1;
  }
  return runtime.String(std::move(out), Rep::IsMarkup(self));
}

Result<Value> Encode(Runtime&, const Value&, const Arguments&) {
  return Raise("str.encode() makes bytes, which chat templates cannot use here");
}

constexpr Builtin kMethods[] = {
    {"strip", "/ chars?", Stripped<kStripBoth>},
    {"lstrip", "/ chars?", Stripped<kStripLeft>},
    {"rstrip", "/ chars?", Stripped<kStripRight>},
    {"split", "sep? maxsplit?", SplitMethod},
    {"rsplit", "sep? maxsplit?", RightSplitMethod},
    {"splitlines", "keepends?", SplitLinesMethod},
    {"partition", "/ sep", PartitionMethod},
    {"rpartition", "/ sep", RightPartitionMethod},
    {"startswith", "/ prefix start? end?", HasAffix<false>},
    {"endswith", "/ suffix start? end?", HasAffix<true>},
    {"removeprefix", "/ prefix", RemoveAffix<false>},
    {"removesuffix", "/ suffix", RemoveAffix<true>},
    {"replace", "/ old new count?", Replace},
    {"join", "/ iterable", Join},
    {"format", "*", Format},
    {"format_map", "/ mapping", FormatMap},
    {"find", "/ sub start? end?", FindIn<false, Missing::kMinusOne>},
    {"rfind", "/ sub start? end?", FindIn<true, Missing::kMinusOne>},
    {"index", "/ sub start? end?", FindIn<false, Missing::kError>},
    {"rindex", "/ sub start? end?", FindIn<true, Missing::kError>},
    {"count", "/ sub start? end?", Count},
    {"upper", "/", Mapped<ToUpper>},
    {"lower", "/", Mapped<ToLower>},
    {"casefold", "/", Mapped<ToLower>},
    {"title", "/", Mapped<TitleCase>},
    {"capitalize", "/", Mapped<Capitalize>},
    {"swapcase", "/", Mapped<SwapCase>},
    {"center", "/ width fillchar?", Justify<'^'>},
    {"ljust", "/ width fillchar?", Justify<'<'>},
    {"rjust", "/ width fillchar?", Justify<'>'>},
    {"zfill", "/ width", ZeroFill},
    {"expandtabs", "tabsize?", ExpandTabs},
    {"isalpha", "/", AllOf<kCharAlpha>},
    {"isalnum", "/", AllOf<kCharAlpha | kCharDecimal | kCharDigit | kCharNumeric>},
    {"isdigit", "/", AllOf<kCharDigit>},
    {"isdecimal", "/", AllOf<kCharDecimal>},
    {"isnumeric", "/", AllOf<kCharNumeric>},
    {"isspace", "/", AllOf<kCharSpace>},
    {"isprintable", "/", AllOf<kCharPrintable>},
    {"isupper", "/", IsCase<kCharUpper, kCharLower | kCharTitle>},
    {"islower", "/", IsCase<kCharLower, kCharUpper | kCharTitle>},
    {"istitle", "/", IsTitle},
    {"isascii", "/", IsAscii},
    {"isidentifier", "/", IsIdentifier},
    {"encode", "*", Encode},
};

}  // namespace

std::span<const Builtin> StringMethods() { return kMethods; }

}  // namespace ingle::jinja
