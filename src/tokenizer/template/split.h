// Cutting text apart and putting it together, for the methods of str and the filters that call
// them.
#pragma once

#include <string_view>

#include "base/error.h"
#include "tokenizer/template/arguments.h"
#include "tokenizer/template/runtime.h"
#include "tokenizer/template/value.h"

namespace ingle::jinja {

// text.replace(old, with, count); negative counts are no limit. Markup stays Markup.
Result<Value> ReplaceText(Runtime& runtime, const Value& text, std::string_view old,
                          std::string_view with, int64_t count);

// The lines of text, without or with what ends them.
std::vector<std::string_view> LinesOf(std::string_view text, bool keep_ends);

// str.split and its kin, as rows of the table of methods.
Result<Value> SplitMethod(Runtime& runtime, const Value& self, const Arguments& args);
Result<Value> RightSplitMethod(Runtime& runtime, const Value& self, const Arguments& args);
Result<Value> SplitLinesMethod(Runtime& runtime, const Value& self, const Arguments& args);
Result<Value> PartitionMethod(Runtime& runtime, const Value& self, const Arguments& args);
Result<Value> RightPartitionMethod(Runtime& runtime, const Value& self, const Arguments& args);

}  // namespace ingle::jinja
