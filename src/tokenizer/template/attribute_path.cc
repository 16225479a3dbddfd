#include "tokenizer/template/attribute_path.h"

#include <algorithm>

#include "tokenizer/template/attributes.h"
#include "tokenizer/template/number.h"
#include "tokenizer/template/text.h"

namespace ingle::jinja {

AttributePath::AttributePath(const Value& attribute) {
  if (attribute.IsNone()) return;
  if (!attribute.IsString()) {
    steps_.push_back(attribute);
    return;
  }
  std::string_view rest = attribute.text();
  while (true) {
    const size_t end = std::min(rest.find('.'), rest.size());
    const std::string_view step = rest.substr(0, end);
    const std::optional<int64_t> index = ParseDigits(step, 10, false);
    steps_.push_back(index ? Value(*index) : Value(step));
    if (end == rest.size()) return;
    rest.remove_prefix(end + 1);
  }
}

Result<Value> AttributePath::Of(Runtime& runtime, Value item, const Value& missing) const {
  for (const Value& step : steps_) {
    Result<Value> next = GetItem(runtime, item, step);
    if (!next) return next;
    if (next->IsUndefined() && !missing.IsNone()) {
      item = missing;
    } else {
      item = std::move(*next);
    }
  }
  return item;
}

int AttributePath::depth() const {
  int depth = 0;
  for (const Value& step : steps_) depth = std::max(depth, step.depth());
  return depth;
}

Result<Value> IgnoreCase(Runtime& runtime, const Value& value) {
  if (!value.IsString()) return value;
  return runtime.String(ToLower(value.text()));
}

}  // namespace ingle::jinja
