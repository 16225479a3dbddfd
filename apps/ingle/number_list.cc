#include "number_list.h"

#include <charconv>

namespace ingle {

Result<std::vector<int32_t>> ParseNumberList(std::string_view text) {
  constexpr std::string_view kSeparators = " \t\r\n,";
  std::vector<int32_t> numbers;
  for (size_t begin = text.find_first_not_of(kSeparators); begin != std::string_view::npos;) {
    const size_t end = std::min(text.find_first_of(kSeparators, begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    int32_t number = 0;
    const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || stop != word.data() + word.size()) {
      return Fail(ErrorCode::kInvalidArgument, Quote(word), " is not a token id");
    }
    numbers.push_back(number);
    begin = text.find_first_not_of(kSeparators, end);
  }
  return numbers;
}

}  // namespace ingle
