#include <algorithm>
#include <cmath>

#include "tokenizer/template/format.h"
#include "tokenizer/template/number.h"
#include "tokenizer/template/text.h"

namespace ingle::jinja {
namespace {

std::string DigitsOf(uint64_t magnitude, unsigned base, bool upper) {
  const char* alphabet = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string digits;
  do {
    digits += alphabet[magnitude % base];
    magnitude /= base;
  } while (magnitude > 0);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

// Separators between groups of digits of the whole part, counted from its right.
std::string Grouped(std::string_view whole, char separator, size_t group) {
  if (separator == '\0') return std::string(whole);
  std::string out;
  for (size_t i = 0; i < whole.size(); ++i) {
    if (i > 0 && (whole.size() - i) % group == 0) out += separator;
    out += whole[i];
  }
  return out;
}

std::string SignOf(bool negative, char wanted) {
  if (negative) return "-";
  return wanted == '-' ? "" : std::string(1, wanted);
}

// sign and prefix, then the digits; '=' pads between the two.
void AppendNumber(const std::string& front, const std::string& digits, const FormatSpec& spec,
                  TextSink& out) {
  if (spec.align != '=') return AppendPadded(front + digits, spec, '>', out);
  out.Append(front);
  FormatSpec inner = spec;
  inner.width = std::max<int64_t>(0, spec.width - static_cast<int64_t>(front.size()));
  inner.align = '>';
  AppendPadded(digits, inner, '>', out);
}

// 1.500e+07 -> 1.5e+07
std::string DropTrailingZeros(std::string_view exponent_form) {
  const size_t e = exponent_form.find('e');
  std::string_view mantissa = exponent_form.substr(0, e);
  if (mantissa.find('.') != std::string_view::npos) {
    mantissa = mantissa.substr(0, mantissa.find_last_not_of('0') + 1);
    if (mantissa.back() == '.') mantissa.remove_suffix(1);
  }
  return std::string(mantissa) + std::string(exponent_form.substr(e));
}

// How format() shows a float without a type: %g that keeps ".0" and, to have room for it, turns to
// the exponent form one digit earlier.
std::string GeneralFloat(double magnitude, int64_t precision) {
  const int digits = static_cast<int>(std::max<int64_t>(precision, 1));
  const std::string text = FormatFloat(magnitude, 'g', digits);
  if (text.find_first_of(".en") != std::string::npos) return text;
  if (static_cast<int>(text.size()) < digits) return text + ".0";
  return DropTrailingZeros(FormatFloat(magnitude, 'e', digits - 1));
}

}  // namespace

void AppendPadded(std::string_view text, const FormatSpec& spec, char default_align,
                  TextSink& out) {
  const int64_t missing = std::max<int64_t>(0, spec.width - CountChars(text));
  const char align = spec.align == '\0' ? default_align : spec.align;
  const int64_t before = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
  out.Fill(static_cast<uint64_t>(before), spec.fill);
  out.Append(text);
  out.Fill(static_cast<uint64_t>(missing - before), spec.fill);
}

Status AppendInteger(int64_t number, const FormatSpec& spec, TextSink& out) {
  unsigned base = 10;
  std::string prefix;
  switch (spec.type) {
    case '\0':
    case 'd':
    case 'n':
      break;
    case 'x':
    case 'X':
      base = 16;
      prefix = spec.type == 'x' ? "0x" : "0X";
      break;
    case 'o':
      base = 8;
      prefix = "0o";
      break;
    case 'b':
      base = 2;
      prefix = "0b";
      break;
    default:
      return AppendFloat(static_cast<double>(number), spec, out);
  }
  if (spec.precision >= 0) return Raise("precision is not allowed for integers");
  const bool negative = number < 0;
  const uint64_t magnitude =
      negative ? 0 - static_cast<uint64_t>(number) : static_cast<uint64_t>(number);
  const std::string digits = DigitsOf(magnitude, base, spec.type == 'X');
  AppendNumber(SignOf(negative, spec.sign) + (spec.alternate ? prefix : ""),
               Grouped(digits, spec.grouping, base == 10 ? 3 : 4), spec, out);
  return {};
}

Status AppendFloat(double number, const FormatSpec& spec, TextSink& out) {
  const bool negative = std::signbit(number) && !std::isnan(number);
  const double magnitude = std::abs(number);
  const int precision = spec.precision < 0 ? 6 : static_cast<int>(spec.precision);
  std::string text;
  switch (spec.type) {
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
      text = FormatFloat(magnitude, spec.type, precision);
      break;
    case 'n':
      text = FormatFloat(magnitude, 'g', precision);
      break;
    case '%':
      text = FormatFloat(magnitude * 100, 'f', precision) + "%";
      break;
    case '\0':
      text = spec.precision < 0 ? FloatRepr(magnitude) : GeneralFloat(magnitude, spec.precision);
      break;
    default:
      return Raise("unknown format code '", spec.type, "' for a number");
  }
  const size_t whole = std::min(text.find_first_not_of("0123456789"), text.size());
  AppendNumber(
      SignOf(negative, spec.sign),
      Grouped(std::string_view(text).substr(0, whole), spec.grouping, 3) + text.substr(whole), spec,
      out);
  return {};
}

}  // namespace ingle::jinja
