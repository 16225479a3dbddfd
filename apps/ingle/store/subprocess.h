// Running another program and hearing what it says.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace ingle {

struct SubprocessResult {
  int exit_status = 0;  // 128 + the signal's number when one ended it
  std::string answer;   // its standard output, cut after a MiB
  std::string output;   // the last part of its standard output and standard error together
};

// Runs command (looked for in PATH) without a shell, its standard input empty, with these variables
// set on top of the environment. on_wait is called a few times a second while it runs. It is ended
// when this process dies.
// Fails with kNotFound when there is no such program.
Result<SubprocessResult> RunProgram(
    const std::vector<std::string>& command,
    const std::vector<std::pair<std::string, std::string>>& environment,
    const std::function<void()>& on_wait);

// Runs what a person would type into a shell, with these arguments behind it, its standard input
// empty. It, and what it starts, is ended when this process dies. A program that is not there is an
// exit status like any other: what the shell says of it is in the output.
Result<SubprocessResult> RunShellCommand(const std::string& command,
                                         const std::vector<std::string>& arguments);

}  // namespace ingle
