// Token ids as people and scripts write them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ingle {

// "1 2 3", "1,2,3": separated by spaces, newlines or commas. Fails with kInvalidArgument, quoting
// what is no number.
Result<std::vector<int32_t>> ParseNumberList(std::string_view text);

}  // namespace ingle
