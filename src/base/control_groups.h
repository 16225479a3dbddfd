// The control groups of Linux, of both versions, that limit this process.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace ingle {

// The folders in which a controller, such as "cpu" or "memory", may limit this process: that of
// the group that the process is in and of those that this one is in, up to the root. Each may have
// a limit of its own, and the tightest counts. Which version's files a folder has, and whether it
// is there at all, is to be seen. root: stands before /proc and /sys, for tests.
std::set<std::string> ControlGroupFolders(std::string_view controller,
                                          const std::string& root = "");

}  // namespace ingle
