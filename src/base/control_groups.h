// The control groups (version 2) of Linux that limit this process.
#pragma once

#include <string>
#include <vector>

namespace ingle {

// The folders of the group that the process is in and of those that this one is in, up to the root:
// each may have a limit of its own, and the tightest counts. root: stands before /proc and /sys,
// for tests.
std::vector<std::string> ControlGroupFolders(const std::string& root = "");

}  // namespace ingle
