// The card of a model on a hub: README.md with fields before its text.
#pragma once

#include <string>
#include <string_view>

namespace ingle {

// The licence that a card names between its first two lines of "---": license, or license_name
// where that says no more than "other". Empty when it names none.
std::string LicenceOfCard(std::string_view text);

}  // namespace ingle
