#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace ingle {

// A JSON object from outside: no key twice at any level, and no deeper than `depth` levels.
// Messages say where; the caller says in which file.
Result<nlohmann::json> ParseJsonObject(std::string_view text, int depth);

}  // namespace ingle
