#include "base/error.h"

#include "base/utf8.h"

namespace ingle {

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "invalid argument";
    case ErrorCode::kNotFound:
      return "not found";
    case ErrorCode::kCorrupt:
      return "corrupt";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kTooLarge:
      return "too large";
    case ErrorCode::kOutOfMemory:
      return "out of memory";
    case ErrorCode::kIo:
      return "input/output";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "unknown";
}

Error Error::In(std::string_view context) const {
  return Error(code_, Cat(context, ": ", message_));
}

std::string Quote(std::string_view name) {
  constexpr size_t kLongest = 80;
  constexpr char kHex[] = "0123456789abcdef";
  std::string quoted = "'";
  for (size_t i = 0; i < name.size();) {
    if (i >= kLongest) {
      quoted += "…";
      break;
    }
    const Utf8Char c = DecodeUtf8(name.substr(i));
    const bool control = c.code_point < 0x20 || (c.code_point >= 0x7f && c.code_point < 0xa0) ||
                         (c.code_point >= 0x200e && c.code_point <= 0x200f) ||
                         (c.code_point >= 0x2028 && c.code_point <= 0x202e) ||
                         (c.code_point >= 0x2066 && c.code_point <= 0x2069);
    if (c.valid && !control) {
      quoted += name.substr(i, c.length);
      i += c.length;
      continue;
    }
    for (const size_t end = i + c.length; i < end; ++i) {
      const auto byte = static_cast<unsigned char>(name[i]);
      quoted += "\\x";
      quoted += kHex[byte >> 4];
      quoted += kHex[byte & 15];
    }
  }
  quoted += '\'';
  return quoted;
}

}  // namespace ingle
