#include "tokenizer/template/strftime.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <optional>

namespace ingle::jinja {
namespace {

constexpr std::string_view kDays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                      "Thursday", "Friday", "Saturday"};
constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};

bool IsLeap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

struct Date {
  int year;
  int month;    // 0 to 11
  int weekday;  // 0 is Sunday
  int yearday;  // 0 is 1 January
};

Date DateOf(const std::tm& time) {
  constexpr int kBefore[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  Date date = {1900 + time.tm_year, std::clamp(time.tm_mon, 0, 11), 0, 0};
  const bool after_leap_day = date.month > 1 && IsLeap(date.year);
  date.yearday = kBefore[date.month] + (after_leap_day ? 1 : 0) + time.tm_mday - 1;
  const int past = date.year - 1;  // 1 January of year 1 was a Monday
  date.weekday = (1 + past * 365 + past / 4 - past / 100 + past / 400 + date.yearday) % 7;
  return date;
}

// The ISO 8601 week and the year that it belongs to.
struct IsoWeek {
  int year;
  int week;
};

IsoWeek IsoWeekOf(const Date& date) {
  const int weekday = (date.weekday + 6) % 7;  // 0 is Monday
  const int week = (date.yearday - weekday + 10) / 7;
  if (week < 1) {
    const int last_day = date.yearday + (IsLeap(date.year - 1) ? 366 : 365);
    return {date.year - 1, (last_day - weekday + 10) / 7};
  }
  const int days = IsLeap(date.year) ? 366 : 365;
  if (week == 53 && date.yearday - weekday + 3 >= days) return {date.year + 1, 1};
  return {date.year, week};
}

struct Number {
  int value;
  int width;
  char pad = '0';
};

std::optional<Number> NumberOf(char directive, const std::tm& time, const Date& date) {
  const int hour12 = time.tm_hour % 12 == 0 ? 12 : time.tm_hour % 12;
  switch (directive) {
    case 'd':
      return Number{time.tm_mday, 2};
    case 'e':
      return Number{time.tm_mday, 2, ' '};
    case 'H':
      return Number{time.tm_hour, 2};
    case 'k':
      return Number{time.tm_hour, 2, ' '};
    case 'I':
      return Number{hour12, 2};
    case 'l':
      return Number{hour12, 2, ' '};
    case 'j':
      return Number{date.yearday + 1, 3};
    case 'm':
      return Number{date.month + 1, 2};
    case 'M':
      return Number{time.tm_min, 2};
    case 'S':
      return Number{time.tm_sec, 2};
    case 'f':
      return Number{0, 6};
    case 'Y':
      return Number{date.year, 1};
    case 'y':
      return Number{date.year % 100, 2};
    case 'C':
      return Number{date.year / 100, 2};
    case 'u':
      return Number{date.weekday == 0 ? 7 : date.weekday, 1};
    case 'w':
      return Number{date.weekday, 1};
    case 'U':
      return Number{(date.yearday + 7 - date.weekday) / 7, 2};
    case 'W':
      return Number{(date.yearday + 7 - (date.weekday + 6) % 7) / 7, 2};
    case 'V':
      return Number{IsoWeekOf(date).week, 2};
    case 'G':
      return Number{IsoWeekOf(date).year, 1};
    case 'g':
      return Number{IsoWeekOf(date).year % 100, 2};
    default:
      return std::nullopt;
  }
}

// Directives that stand for others.
std::optional<std::string_view> Expansion(char directive) {
  switch (directive) {
    case 'c':
      return "%a %b %e %H:%M:%S %Y";
    case 'D':
    case 'x':
      return "%m/%d/%y";
    case 'F':
      return "%Y-%m-%d";
    case 'r':
      return "%I:%M:%S %p";
    case 'R':
      return "%H:%M";
    case 'T':
    case 'X':
      return "%H:%M:%S";
    case 'n':
      return "\n";
    case 't':
      return "\t";
    case 'z':
    case 'Z':
      return "";
    default:
      return std::nullopt;
  }
}

std::optional<std::string_view> WordOf(char directive, const std::tm& time, const Date& date) {
  switch (directive) {
    case 'a':
      return kDays[date.weekday].substr(0, 3);
    case 'A':
      return kDays[date.weekday];
    case 'b':
    case 'h':
      return kMonths[date.month].substr(0, 3);
    case 'B':
      return kMonths[date.month];
    case 'p':
      return time.tm_hour < 12 ? "AM" : "PM";
    case 'P':
      return time.tm_hour < 12 ? "am" : "pm";
    case '%':
      return "%";
    default:
      return std::nullopt;
  }
}

void AppendNumber(Number number, char flag, TextSink& out) {
  std::string digits = std::to_string(number.value);
  const char pad = flag == '_' ? ' ' : flag == '0' ? '0' : number.pad;
  const auto width = static_cast<size_t>(number.width);
  if (flag != '-' && digits.size() < width) digits.insert(0, width - digits.size(), pad);
  out.Append(digits);
}

}  // namespace

void FormatTime(const std::tm& time, std::string_view format, TextSink& out) {
  const Date date = DateOf(time);
  while (!format.empty() && !out.full()) {
    const size_t plain = std::min(format.find('%'), format.size());
    out.Append(format.substr(0, plain));
    format.remove_prefix(plain);
    if (format.empty()) return;

    size_t size = 1;
    char flag = '\0';
    if (size < format.size() && std::string_view("-_0^#").find(format[size]) != std::string::npos) {
      flag = format[size++];
    }
    const char directive = size < format.size() ? format[size++] : '\0';
    if (const std::optional<Number> number = NumberOf(directive, time, date)) {
      AppendNumber(*number, flag, out);
    } else if (const std::optional<std::string_view> word = WordOf(directive, time, date)) {
      std::string shown(*word);
      if (flag == '^' || (flag == '#' && directive != 'p')) {
        std::transform(shown.begin(), shown.end(), shown.begin(),
                       [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      }
      out.Append(shown);
    } else if (const std::optional<std::string_view> others = Expansion(directive)) {
      FormatTime(time, *others, out);
    } else {
      out.Append(format.substr(0, size));
    }
    format.remove_prefix(size);
  }
}

std::tm LocalNow() {
  const std::time_t now = std::time(nullptr);
  std::tm local = {};
  localtime_r(&now, &local);
  return local;
}

}  // namespace ingle::jinja
