// Any bytes as what a template holds, the prompt it rendered, and an answer to take apart, with a
// zero byte between each two. However the answer is cut, it must come out the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tokenizer/answer/answer_parser.h"

namespace {

using namespace ingle;

std::string_view TakeField(std::string_view& text) {
  const std::string_view field = text.substr(0, text.find('\0'));
  text.remove_prefix(field.size() < text.size() ? field.size() + 1 : field.size());
  return field;
}

// piece: bytes at a time.
Answer Parse(AnswerDialect dialect, std::string_view prompt, std::string_view text, size_t piece) {
  AnswerParser parser(dialect, prompt, Value(true));
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    parser.Feed(text.substr(0, piece));
  }
  parser.Finish();
  return parser.answer();
}

bool Same(const Answer& a, const Answer& b) {
  if (a.content != b.content || a.thinking != b.thinking) return false;
  return std::equal(a.tool_calls.begin(), a.tool_calls.end(), b.tool_calls.begin(),
                    b.tool_calls.end(), [](const ToolCall& x, const ToolCall& y) {
                      return x.id == y.id && x.name == y.name && x.arguments == y.arguments;
                    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const AnswerDialect dialect = DetectDialect(TakeField(text));
  const std::string_view prompt = TakeField(text);
  const Answer whole = Parse(dialect, prompt, text, text.size() + 1);
  for (const size_t piece : {size_t{1}, size_t{7}}) {
    if (!Same(whole, Parse(dialect, prompt, text, piece))) __builtin_trap();
  }
  return 0;
}
