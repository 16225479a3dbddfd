// Fetching a file over HTTPS.
#pragma once

#include <functional>
#include <string>

#include "base/error.h"
#include "store/partial_file.h"

namespace ingle {

// Appends what url holds to file, from where it ends: a server that cannot resume, or that has
// another version by now, makes it start over. A broken connection is taken up again as long as
// bytes keep coming. on_progress hears file.size().
//
// HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR are honoured; every redirect is held
// against IsAllowedUrl. A host that cannot be reached is given up within ten seconds.
Status FetchUrl(const std::string& url, PartialFile& file,
                const std::function<void(uint64_t)>& on_progress);

}  // namespace ingle
