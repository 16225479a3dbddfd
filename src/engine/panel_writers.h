// Who writes a file of panels: one process at a time. What it writes has another name until it is
// whole, and stays behind where the process ends before that.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_lock.h"

namespace ingle {

// Where the names of the files end.
constexpr std::string_view kPanelSuffix = ".panels";

// The right to write the file of this path, given back when the process that has it dies. Waits for
// another process as long as what that one writes grows; most likely the file is there then.
// Nothing where there are no locks: then each writes its own, and the last one stays. Fails with
// kIo where another has the right and for so long has not got on.
Result<std::optional<FileLock>> WaitToWritePanels(
    const std::string& path, std::chrono::milliseconds patience = std::chrono::minutes(1));

// Removes what nobody is writing any more.
void RemovePartialPanels(const std::string& directory);

}  // namespace ingle
