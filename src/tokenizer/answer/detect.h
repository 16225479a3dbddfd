// Finds a family in a table by what its templates have in their source.
#pragma once

#include <cstddef>
#include <string_view>

namespace ingle {

// The first row of the table all of whose evidence is in the source; null where there is none.
template <class Format, size_t kRows>
const Format* FirstWithEvidence(const Format (&table)[kRows], std::string_view source) {
  for (const Format& format : table) {
    bool found = true;
    for (const std::string_view text : format.evidence) {
      found = found && source.find(text) != std::string_view::npos;
    }
    if (found) return &format;
  }
  return nullptr;
}

}  // namespace ingle
