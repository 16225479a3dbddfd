// What every fetch of a file has in common, wherever it comes from.
#pragma once

#include <functional>
#include <string>

#include "base/error.h"
#include "store/partial_file.h"

namespace ingle {

// Fails when the disk that holds folder cannot take bytes more. Where the system does not say, the
// write will.
Status CheckSpace(const std::string& folder, uint64_t bytes);

// Has transfer fill file, and commits it. Where that began with what an earlier attempt left and
// what results is wrong, once more from the start: the earlier attempt may have fetched another
// version.
Status FetchAndCommit(PartialFile& file, const std::function<Status()>& transfer);

}  // namespace ingle
