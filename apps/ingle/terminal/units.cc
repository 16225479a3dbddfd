#include "terminal/units.h"

#include <charconv>
#include <cmath>
#include <cstdio>

#include "base/error.h"

namespace ingle {
namespace {

// Three significant digits before a unit of the thousands ladder.
std::string Scaled(uint64_t number, const char* const (&units)[5]) {
  double value = static_cast<double>(number);
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < std::size(units)) {
    value /= 1000;
    ++unit;
  }
  const int decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return Fixed(value, decimals) + units[unit];
}

}  // namespace

std::string HumanBytes(uint64_t bytes) { return Scaled(bytes, {" B", " kB", " MB", " GB", " TB"}); }

std::string HumanCount(uint64_t count) { return Scaled(count, {"", " K", " M", " B", " T"}); }

std::string HumanDuration(double seconds) {
  if (!(seconds < 360000)) return "more than 99h";
  const int whole = static_cast<int>(std::ceil(seconds));
  char text[32];
  if (whole < 60) {
    std::snprintf(text, sizeof text, "%ds", whole);
  } else if (whole < 3600) {
    std::snprintf(text, sizeof text, "%dm %02ds", whole / 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%dh %02dm", whole / 3600, whole / 60 % 60);
  }
  return text;
}

std::string Grouped(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string Fixed(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string Shortest(float value) {
  char text[32];
  const auto written = std::to_chars(text, text + sizeof text, value);
  return {text, written.ptr};
}

}  // namespace ingle
