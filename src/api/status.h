// How errors leave the library: as a status, with the message kept for the thread.
#pragma once

#include <exception>
#include <new>
#include <string_view>

#include "base/error.h"
#include "ingle/ingle.h"

namespace ingle {

// Remembers the message for ingle_last_error and returns status. Never fails itself.
ingle_status Report(ingle_status status, std::string_view message) noexcept;
ingle_status Report(const Status& status) noexcept;

// Runs the body of a call of the interface: a callable that returns Status. No exception passes.
template <class Body>
ingle_status Guarded(const Body& body) noexcept {
  try {
    return Report(body());
  } catch (const std::bad_alloc&) {
    return Report(INGLE_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& exception) {
    return Report(INGLE_INTERNAL, exception.what());
  } catch (...) {
    return Report(INGLE_INTERNAL, "an exception of unknown type");
  }
}

// "NAME is NULL" where it is.
Status RequireNotNull(const void* pointer, std::string_view name);

}  // namespace ingle
