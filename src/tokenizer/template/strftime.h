// Dates for strftime_now(), in English whatever the locale.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "tokenizer/template/text_sink.h"

namespace ingle::jinja {

// As strftime of the GNU C library in the C locale, with its flags - _ 0 ^ #. The day of the week
// and of the year are worked out from the date. A directive it does not know stays as it is; %z and
// %Z are empty, as they are for Python's naive times.
void FormatTime(const std::tm& time, std::string_view format, TextSink& out);

// The machine's local time.
std::tm LocalNow();

}  // namespace ingle::jinja
