#include "terminal/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/utf8.h"

namespace ingle {
namespace {

int failure = 0;  // errno of the first write that failed

Style StyleFor(bool terminal) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* kind = std::getenv("TERM");
  const bool dumb = kind == nullptr || std::strcmp(kind, "dumb") == 0;
  if (!terminal || dumb || (no_color != nullptr && *no_color != '\0')) return {};
  return {"\x1b[1m", "\x1b[2m", "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[0m"};
}

}  // namespace

bool InputIsTerminal() { return isatty(STDIN_FILENO) == 1; }
bool OutputIsTerminal() { return isatty(STDOUT_FILENO) == 1; }
bool ErrorsAreTerminal() { return isatty(STDERR_FILENO) == 1; }

void Print(std::string_view text) {
  if (failure != 0) return;
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) {
    failure = errno != 0 ? errno : EIO;
  }
}

Status FlushOutput() {
  errno = 0;
  if (std::fflush(stdout) != 0 && failure == 0) failure = errno != 0 ? errno : EIO;
  if (failure == 0) return {};
  return Fail(ErrorCode::kIo, "cannot write to standard output: ", std::strerror(failure));
}

void Note(std::string_view text) {
  std::fprintf(stderr, "ingle: %.*s\n", static_cast<int>(text.size()), text.data());
}

std::string WithoutControls(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const Utf8Char c = DecodeUtf8(text);
    const bool control = c.code_point < 0x20 || (c.code_point >= 0x7F && c.code_point < 0xA0);
    const bool allowed = c.code_point == '\n' || c.code_point == '\t' || !control;
    if (c.valid && allowed) {
      safe += text.substr(0, c.length);
    } else {
      AppendUtf8(safe, kReplacementCharacter);
    }
    text.remove_prefix(c.length);
  }
  return safe;
}

const Style& OutputStyle() {
  static const Style style = StyleFor(OutputIsTerminal());
  return style;
}

const Style& ErrorStyle() {
  static const Style style = StyleFor(ErrorsAreTerminal());
  return style;
}

}  // namespace ingle
