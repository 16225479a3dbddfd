#include "tokenizer/template/print.h"

#include "base/utf8.h"
#include "tokenizer/template/number.h"
#include "tokenizer/template/text.h"

namespace ingle::jinja {
namespace {

std::string Hex(char32_t code, int digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += kDigits[code >> shift & 15];
  return out;
}

// How repr() writes a character that it does not show as it is; empty where it does.
std::string EscapeOf(char32_t c, char quote) {
  if (c == static_cast<unsigned char>(quote) || c == '\\') {
    return std::string("\\") + static_cast<char>(c);
  }
  if (c == '\n') return "\\n";
  if (c == '\r') return "\\r";
  if (c == '\t') return "\\t";
  if ((ClassOf(c) & kCharPrintable) != 0) return "";
  if (c < 0x100) return "\\x" + Hex(c, 2);
  if (c < 0x10000) return "\\u" + Hex(c, 4);
  return "\\U" + Hex(c, 8);
}

void AppendItems(const ValueList& items, TextSink& out, int depth) {
  for (size_t i = 0; i < items.size() && !out.full(); ++i) {
    if (i > 0) out.Append(", ");
    AppendRepr(items[i], out, depth + 1);
  }
}

void AppendDict(const Dict& dict, TextSink& out, int depth) {
  out.Append("{");
  for (size_t i = 0; i < dict.size() && !out.full(); ++i) {
    if (i > 0) out.Append(", ");
    AppendRepr(dict.entries()[i].key, out, depth + 1);
    out.Append(": ");
    AppendRepr(dict.entries()[i].value, out, depth + 1);
  }
  out.Append("}");
}

}  // namespace

void AppendQuoted(std::string_view text, TextSink& out) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const bool has_double = text.find('"') != std::string_view::npos;
  const char quote = has_single && !has_double ? '"' : '\'';
  out.Append({&quote, 1});
  while (!text.empty() && !out.full()) {
    const std::string_view c = TakeChar(text);
    const std::string escape = EscapeOf(CodeOf(c), quote);
    out.Append(escape.empty() ? c : escape);
  }
  out.Append({&quote, 1});
}

void AppendStr(const Value& value, TextSink& out) {
  if (value.IsString()) return out.Append(value.text());
  if (!value.IsUndefined()) AppendRepr(value, out);
}

void AppendRepr(const Value& value, TextSink& out, int depth) {
  if (depth > kMaxValueDepth) return out.Append("...");
  switch (value.kind()) {
    case Value::Kind::kUndefined:
      return out.Append("Undefined");
    case Value::Kind::kNone:
      return out.Append("None");
    case Value::Kind::kBool:
      return out.Append(value.bool_value() ? "True" : "False");
    case Value::Kind::kInt:
      return out.Append(std::to_string(value.int_value()));
    case Value::Kind::kBigInt:
      return out.Append(value.text());
    case Value::Kind::kFloat:
      return out.Append(FloatRepr(value.float_value()));
    case Value::Kind::kString: {
      const bool markup = Rep::IsMarkup(value);
      if (markup) out.Append("Markup(");
      AppendQuoted(value.text(), out);
      if (markup) out.Append(")");
      return;
    }
    case Value::Kind::kList:
      out.Append("[");
      AppendItems(value.items(), out, depth);
      return out.Append("]");
    case Value::Kind::kTuple:
      out.Append("(");
      AppendItems(value.items(), out, depth);
      return out.Append(value.items().size() == 1 ? ",)" : ")");
    case Value::Kind::kDict:
      return AppendDict(value.dict(), out, depth);
    case Value::Kind::kObject:
      return value.object().Describe(out, depth);
  }
}

Result<std::string> StrOf(Runtime& runtime, const Value& value) {
  TextSink out = runtime.NewSink();
  AppendStr(value, out);
  if (out.full()) return Fail(runtime.CheckRoom(UINT64_MAX).error());
  if (Status work = runtime.StepBytes(out.text().size()); !work) return Fail(work.error());
  return out.Take();
}

Result<Value> SoftStr(Runtime& runtime, const Value& value) {
  if (value.IsString()) return value;
  Result<std::string> text = StrOf(runtime, value);
  if (!text) return Fail(text.error());
  return runtime.String(std::move(*text));
}

}  // namespace ingle::jinja
