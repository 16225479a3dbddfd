// Errors are values: a code that programs act on and a sentence that people act on.
//
// A message names the thing (the tensor, the field, the file) and the likely cause. It never ends
// with a full stop, so that it can be embedded. Names that come from outside go through Quote().
#pragma once

#include <sstream>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace ingle {

enum class ErrorCode {
  kInvalidArgument,  // the caller asked for something that makes no sense
  kNotFound,         // a file, model or entry that does not exist
  kCorrupt,          // bytes from outside that break their format's rules
  kUnsupported,      // well formed, but not something this build can do
  kTooLarge,         // beyond a limit: a prompt longer than the context, a template's step limit
  kOutOfMemory,
  kIo,  // the operating system refused: permission, full disk, network
  kCancelled,
  kInternal,  // a bug in Ingle
};

// "corrupt", "not found" ...
std::string_view ErrorCodeName(ErrorCode code);

class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }

  // The same error seen from one floor up: "CONTEXT: MESSAGE".
  Error In(std::string_view context) const;

 private:
  ErrorCode code_;
  std::string message_;
};

// The value, or why there is none.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};
using Status = Result<void>;

// Concatenates anything that can be streamed.
template <class... Parts>
std::string Cat(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return std::move(out).str();
}

// return Fail(ErrorCode::kCorrupt, "tensor ", Quote(name), " has no dimensions");
template <class... Parts>
tl::unexpected<Error> Fail(ErrorCode code, const Parts&... parts) {
  return tl::unexpected<Error>(Error(code, Cat(parts...)));
}

// return Fail(result.error());                   passes an error on
// return Fail(result.error(), "file ", path);    and says where it happened
inline tl::unexpected<Error> Fail(const Error& error) { return tl::unexpected<Error>(error); }
template <class... Parts>
tl::unexpected<Error> Fail(const Error& error, const Parts&... context) {
  return tl::unexpected<Error>(error.In(Cat(context...)));
}

// A name from an untrusted source, fit for a terminal: in single quotes, control bytes and invalid
// UTF-8 escaped, cut after 80 bytes.
std::string Quote(std::string_view name);

}  // namespace ingle
