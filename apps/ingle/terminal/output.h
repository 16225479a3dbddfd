// What the program says: answers on standard output, remarks on standard error.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace ingle {

bool InputIsTerminal();
bool OutputIsTerminal();
bool ErrorsAreTerminal();

// Answers. Buffered; a failure (a closed pipe, a full disk) is remembered for FlushOutput.
void Print(std::string_view text);
template <class... Parts>
void Print(const Parts&... parts) {
  Print(std::string_view(Cat(parts...)));
}

// Hands what was printed to the system. Fails, from the first time that it could not be written,
// with what the system said.
Status FlushOutput();

// A remark for a person, on standard error: "ingle: TEXT".
void Note(std::string_view text);

// Text from a model or a file, safe for a terminal: control characters, which could move its cursor
// or change its settings, become U+FFFD; newlines and tabs stay.
std::string WithoutControls(std::string_view text);

// Escape sequences, or nothing where standard output or standard error is no terminal, NO_COLOR is
// set or the terminal is dumb.
struct Style {
  const char* bold = "";
  const char* dim = "";
  const char* green = "";
  const char* yellow = "";
  const char* red = "";
  const char* reset = "";
};
const Style& OutputStyle();
const Style& ErrorStyle();

}  // namespace ingle
