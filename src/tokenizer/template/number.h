// Numbers as Python reads and writes them, whatever the C locale says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ingle::jinja {

// Digits in a base from 2 to 36, nothing else; nullopt when malformed or beyond 64 bits.
std::optional<int64_t> ParseDigits(std::string_view digits, int base, bool negative);

// int(text, base): blanks around, a sign, 0x 0o 0b prefixes, single underscores between digits.
std::optional<int64_t> ParsePythonInt(std::string_view text, int base);

// float(text): decimal or exponent form, inf, infinity, nan; too large becomes infinite.
std::optional<double> ParsePythonFloat(std::string_view text);

// repr(number): the fewest digits that read back as the same number.
std::string FloatRepr(double number);

// printf's %f, %e, %g (and upper case), rounded correctly; inf and nan in Python's spelling.
std::string FormatFloat(double number, char conversion, int precision);

}  // namespace ingle::jinja
