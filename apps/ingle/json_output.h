// JSON for programs that read the answer.
#pragma once

#include <nlohmann/json.hpp>

#include "terminal/output.h"

namespace ingle {

using Json = nlohmann::ordered_json;

// On standard output, readable, with a newline. Bytes that are not UTF-8 become U+FFFD.
inline void PrintJsonDocument(const Json& document) {
  Print(document.dump(2, ' ', false, Json::error_handler_t::replace));
  Print("\n");
}

}  // namespace ingle
