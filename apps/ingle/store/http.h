// Fetching over HTTPS.
#pragma once

#include <functional>
#include <string>

#include "base/error.h"
#include "store/http_body.h"

namespace ingle {

// A final answer other than the one that was asked for.
struct HttpRefusal {
  long status = 0;
  std::string code;  // X-Error-Code, by which the hub says why; mostly empty
};

struct HttpRequest {
  std::string url;
  // Sent as "Authorization: Bearer ..." to this url's own scheme, host and port, and to no other
  // that a redirect leads to. Never part of a message.
  std::string bearer = {};
  // What to say of a refusal; unset: "the server answered HTTP 403".
  std::function<Error(const HttpRefusal&)> explain = {};
};

// Appends what the url holds to body, from where it ends: a server that cannot resume, or that has
// another version by now, makes it start over. A broken connection is taken up again as long as
// bytes keep coming. on_progress hears body.size().
//
// HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR are honoured; every redirect is held
// against IsAllowedUrl. A host that cannot be reached is given up within ten seconds. What is not
// there is kNotFound.
Status FetchUrl(const HttpRequest& request, HttpBody& body,
                const std::function<void(uint64_t)>& on_progress);

// The same into memory; fails with kTooLarge beyond limit bytes.
Result<std::string> FetchText(const HttpRequest& request, uint64_t limit);

// Whether Ingle would fetch from url: https, or http on this machine. Nothing else, since what is
// fetched may say a good deal about who fetches it.
bool IsAllowedUrl(const std::string& url);

// path with every byte but letters, digits and "-._~/" as %XX.
std::string EscapedPath(std::string_view path);

}  // namespace ingle
