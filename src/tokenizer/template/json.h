// JSON out of values, with the options of Python's json.dumps.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "tokenizer/template/text_sink.h"
#include "tokenizer/template/value.h"

namespace ingle::jinja {

struct JsonStyle {
  std::optional<std::string> indent;  // of one level; empty text still breaks lines
  std::string item_separator = ", ";
  std::string key_separator = ": ";
  bool ensure_ascii = false;
  bool sort_keys = false;
};

// Stops early when the sink is full, which the caller asks it. Fails with kInvalidArgument where
// json.dumps would raise.
Status WriteJson(const Value& value, const JsonStyle& style, TextSink& out);

}  // namespace ingle::jinja
