#pragma once

#include <string_view>

namespace ingle {

// What a file that is not the expected one probably is, to be appended to a message: "; it looks
// like a zip archive", or nothing. head: its first bytes, 32 are enough.
std::string_view GuessFormat(std::string_view head);

}  // namespace ingle
