// Where the body of an HTTP answer goes.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace ingle {

// What has come lasts from one request to the next, which asks for the rest alone.
class HttpBody {
 public:
  HttpBody() = default;
  virtual ~HttpBody() = default;
  HttpBody(const HttpBody&) = delete;
  HttpBody& operator=(const HttpBody&) = delete;

  virtual uint64_t size() const = 0;  // of what is there
  // Its errors end the transfer.
  virtual Status Append(std::string_view bytes) = 0;
  // Forgets what is there, and the tag.
  virtual Status Restart() = 0;

  // What the server said it is a version of (its ETag). Empty when not known.
  virtual std::string LoadTag() const { return ""; }
  virtual void SaveTag(const std::string&) {}
};

}  // namespace ingle
