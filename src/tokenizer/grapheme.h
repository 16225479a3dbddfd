// Extended grapheme clusters of Unicode Standard Annex 29: what a reader takes for one character.
#pragma once

#include <cstddef>
#include <string_view>

namespace ingle {

// The length in bytes of the cluster that text, which must not be empty, begins with. Bytes that
// are not UTF-8 are clusters as U+FFFD is.
size_t GraphemeLength(std::string_view text);

}  // namespace ingle
