#include "tokenizer/template/builtin.h"

#include <algorithm>

namespace ingle::jinja {

const Builtin* FindBuiltin(std::span<const Builtin> table, std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const Builtin& row) { return row.name == name; });
  return found == table.end() ? nullptr : &*found;
}

Result<Value> CallBuiltin(Runtime& runtime, const Builtin& row, const Value& self,
                          const CallArguments& arguments) {
  if (Status step = runtime.Step(); !step) return Fail(step.error());
  Result<Arguments> bound = Arguments::Bind(row.name, row.parameters, arguments);
  if (!bound) return Fail(bound.error());
  return row.function(runtime, self, *bound);
}

void BoundBuiltin::Describe(TextSink& out, int) const {
  out.Append("<built-in method ");
  out.Append(row_->name);
  out.Append(">");
}

const Builtin* FindFilter(std::string_view name) {
  for (const auto table : {TextFilters(), SequenceFilters(), LazyFilters(), ValueFilters()}) {
    if (const Builtin* row = FindBuiltin(table, name)) return row;
  }
  return nullptr;
}

const Builtin* FindTest(std::string_view name) { return FindBuiltin(Tests(), name); }

}  // namespace ingle::jinja
