#include "api/status.h"

#include <string>

namespace ingle {
namespace {

std::string& LastError() {
  static thread_local std::string message;
  return message;
}

ingle_status StatusOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return INGLE_INVALID_ARGUMENT;
    case ErrorCode::kNotFound:
      return INGLE_NOT_FOUND;
    case ErrorCode::kCorrupt:
      return INGLE_CORRUPT;
    case ErrorCode::kUnsupported:
      return INGLE_UNSUPPORTED;
    case ErrorCode::kTooLarge:
      return INGLE_TOO_LARGE;
    case ErrorCode::kOutOfMemory:
      return INGLE_OUT_OF_MEMORY;
    case ErrorCode::kIo:
      return INGLE_IO;
    case ErrorCode::kCancelled:
      return INGLE_CANCELLED;
    case ErrorCode::kInternal:
      return INGLE_INTERNAL;
  }
  return INGLE_INTERNAL;
}

}  // namespace

ingle_status Report(ingle_status status, std::string_view message) noexcept {
  try {
    LastError() = message;
  } catch (const std::bad_alloc&) {
    // The string's own storage holds a few characters without allocating.
    LastError() = "out of memory";
  }
  return status;
}

ingle_status Report(const Status& status) noexcept {
  if (status) return INGLE_OK;
  return Report(StatusOf(status.error().code()), status.error().message());
}

Status RequireNotNull(const void* pointer, std::string_view name) {
  if (pointer != nullptr) return {};
  return Fail(ErrorCode::kInvalidArgument, name, " is NULL");
}

}  // namespace ingle

extern "C" {

const char* ingle_last_error() { return ingle::LastError().c_str(); }

const char* ingle_version() { return INGLE_VERSION; }

}  // extern "C"
