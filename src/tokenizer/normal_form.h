// The normalization forms of Unicode Standard Annex 15.
#pragma once

#include <string>
#include <string_view>

namespace ingle {

struct NormalForm {
  bool compatibility;  // NFKC, NFKD
  bool compose;        // NFC, NFKC
};

// The text in that form, as the package `tokenizers` has it: by Unicode 9. Bytes that are not UTF-8
// stay, and nothing combines across them.
std::string ToNormalForm(std::string_view text, NormalForm form);

}  // namespace ingle
