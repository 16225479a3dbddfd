// Python's two ways to lay out values in text: "%5.1f" % x and "{:>5}".format(x).
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "tokenizer/template/object.h"
#include "tokenizer/template/runtime.h"
#include "tokenizer/template/value.h"

namespace ingle::jinja {

// [[fill]align][sign][#][0][width][grouping][.precision][type], as format() reads it. The %
// operator fills one in from its own flags.
struct FormatSpec {
  std::string fill = " ";
  char align = '\0';  // < > ^ =, or none given
  char sign = '-';    // - + or a blank
  bool alternate = false;
  int64_t width = 0;
  char grouping = '\0';  // , or _
  int64_t precision = -1;
  char type = '\0';
};

// Wider or more precise output is refused.
constexpr int64_t kMaxFormatWidth = 1'000'000;

Status AppendInteger(int64_t number, const FormatSpec& spec, TextSink& out);
Status AppendFloat(double number, const FormatSpec& spec, TextSink& out);
void AppendPadded(std::string_view text, const FormatSpec& spec, char default_align, TextSink& out);

// format(value, spec)
Status AppendFormatted(Runtime& runtime, const Value& value, std::string_view spec, TextSink& out);

// text.format(...)
Result<Value> StrFormat(Runtime& runtime, const Value& text, const CallArguments& arguments);

}  // namespace ingle::jinja
