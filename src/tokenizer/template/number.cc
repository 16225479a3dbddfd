#include "tokenizer/template/number.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <locale>
#include <sstream>

#include "tokenizer/template/text.h"

namespace ingle::jinja {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Drops single underscores that stand between digits; nullopt where one stands elsewhere.
std::optional<std::string> DropUnderscores(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
      continue;
    }
    const bool between = i > 0 && i + 1 < text.size() && text[i - 1] != '_' &&
                         std::isxdigit(static_cast<unsigned char>(text[i - 1])) &&
                         std::isxdigit(static_cast<unsigned char>(text[i + 1]));
    if (!between) return std::nullopt;
  }
  return out;
}

bool TakeSign(std::string_view& text) {
  if (text.empty() || (text[0] != '-' && text[0] != '+')) return false;
  const bool negative = text[0] == '-';
  text.remove_prefix(1);
  return negative;
}

// [digits][.digits][e[sign]digits] with a digit before the exponent.
bool IsDecimal(std::string_view text) {
  size_t i = 0;
  const auto digits = [&] {
    const size_t start = i;
    while (i < text.size() && IsDigit(text[i])) ++i;
    return i - start;
  };
  size_t mantissa = digits();
  if (i < text.size() && text[i] == '.') {
    ++i;
    mantissa += digits();
  }
  if (mantissa == 0) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

}  // namespace

std::optional<int64_t> ParseDigits(std::string_view digits, int base, bool negative) {
  if (digits.empty()) return std::nullopt;
  int64_t value = 0;
  for (char c : digits) {
    int digit = 99;
    if (IsDigit(c)) digit = c - '0';
    if (c >= 'a' && c <= 'z') digit = c - 'a' + 10;
    if (c >= 'A' && c <= 'Z') digit = c - 'A' + 10;
    if (digit >= base) return std::nullopt;
    if (__builtin_mul_overflow(value, int64_t{base}, &value) ||
        __builtin_add_overflow(value, int64_t{negative ? -digit : digit}, &value)) {
      return std::nullopt;
    }
  }
  return value;
}

std::optional<int64_t> ParsePythonInt(std::string_view text, int base) {
  text = Strip(text, nullptr, kStripBoth);
  const bool negative = TakeSign(text);
  if (text.size() > 2 && text[0] == '0') {
    const char mark = static_cast<char>(text[1] | 0x20);
    const int marked = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
    if (marked != 0 && (base == marked || base == 0)) {
      base = marked;
      text.remove_prefix(text[2] == '_' ? 3 : 2);
    }
  }
  const std::optional<std::string> digits = DropUnderscores(text);
  if (!digits) return std::nullopt;
  if (base == 0) {
    base = 10;
    if (digits->size() > 1 && digits->find_first_not_of('0') != std::string::npos &&
        digits->front() == '0') {
      return std::nullopt;
    }
  }
  return ParseDigits(*digits, base, negative);
}

std::optional<double> ParsePythonFloat(std::string_view text) {
  text = Strip(text, nullptr, kStripBoth);
  const bool negative = TakeSign(text);
  const std::string word = ToLower(text.substr(0, 10));
  const double sign = negative ? -1 : 1;
  if (word == "inf" || word == "infinity") return sign * std::numeric_limits<double>::infinity();
  if (word == "nan") return std::numeric_limits<double>::quiet_NaN();

  const std::optional<std::string> plain = DropUnderscores(text);
  if (!plain || !IsDecimal(*plain)) return std::nullopt;
  std::istringstream in(*plain);
  in.imbue(std::locale::classic());
  double value = 0;
  in >> value;
  // What is too large fails; so does, in some libraries, what is too small to be exact.
  const bool too_large = in.fail() && value >= std::numeric_limits<double>::max();
  if (too_large) value = std::numeric_limits<double>::infinity();
  return sign * value;
}

std::string FormatFloat(double number, char conversion, int precision) {
  const bool upper = conversion >= 'A' && conversion <= 'Z';
  if (std::isnan(number)) return upper ? "NAN" : "nan";
  if (std::isinf(number)) return number < 0 ? (upper ? "-INF" : "-inf") : (upper ? "INF" : "inf");

  const char format[] = {'%', '.', '*', conversion, '\0'};
  const int size = std::snprintf(nullptr, 0, format, precision, number);
  std::string printed(static_cast<size_t>(size) + 1, '\0');
  std::snprintf(printed.data(), printed.size(), format, precision, number);
  printed.pop_back();

  std::string out;  // with a point, whatever the locale printed there
  bool in_point = false;
  for (char c : printed) {
    const bool known = IsDigit(c) || c == '-' || c == '+' || c == 'e' || c == 'E';
    if (known) out += c;
    if (!known && !in_point) out += '.';
    in_point = !known;
  }
  return out;
}

std::string FloatRepr(double number) {
  if (!std::isfinite(number)) return FormatFloat(number, 'g', 6);
  std::string shortest;  // d.ddde±dd
  for (int precision = 0; precision <= 16; ++precision) {
    shortest = FormatFloat(number, 'e', precision);
    if (ParsePythonFloat(shortest) == number) break;
  }
  const size_t e = shortest.find('e');
  const std::string_view magnitude = std::string_view(shortest).substr(e + 2);
  const int64_t exponent = ParseDigits(magnitude, 10, shortest[e + 1] == '-').value_or(0);
  const bool negative = shortest[0] == '-';
  std::string digits;
  for (char c : shortest.substr(0, e)) {
    if (IsDigit(c)) digits += c;
  }

  std::string out = negative ? "-" : "";
  const auto count = static_cast<int64_t>(digits.size());
  if (exponent < -4 || exponent >= 16) {
    out += digits.substr(0, 1);
    if (count > 1) out += "." + digits.substr(1);
    out += exponent < 0 ? "e-" : "e+";
    return out.append(magnitude);
  }
  if (exponent < 0) {
    return out + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  }
  if (exponent + 1 >= count) {
    return out + digits + std::string(static_cast<size_t>(exponent + 1 - count), '0') + ".0";
  }
  const auto whole = static_cast<size_t>(exponent + 1);
  return out + digits.substr(0, whole) + "." + digits.substr(whole);
}

}  // namespace ingle::jinja
