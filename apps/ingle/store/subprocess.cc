#include "store/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include <cerrno>
#include <cstdlib>

#include "files/file_io.h"

namespace ingle {
namespace {

constexpr int kPollMilliseconds = 200;
constexpr size_t kKeptOutput = 16384;
constexpr int kNotThere = 127;

// In the child, between fork and exec.
[[noreturn]] void Become(const std::vector<char*>& arguments, int output) {
#if defined(__linux__)
  prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
  signal(SIGPIPE, SIG_DFL);
  signal(SIGXFSZ, SIG_DFL);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execvp(arguments[0], arguments.data());
  _exit(kNotThere);
}

// Collects what the child says until it has closed its end.
std::string Listen(int input, const std::function<void()>& on_wait) {
  std::string output;
  while (true) {
    pollfd ready{input, POLLIN, 0};
    const int count = poll(&ready, 1, kPollMilliseconds);
    on_wait();
    if (count <= 0) continue;
    char buffer[4096];
    const ssize_t got = read(input, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return output;
    output.append(buffer, static_cast<size_t>(got));
    if (output.size() > 2 * kKeptOutput) output.erase(0, output.size() - kKeptOutput);
  }
}

}  // namespace

Result<SubprocessResult> RunProgram(
    const std::vector<std::string>& command,
    const std::vector<std::pair<std::string, std::string>>& environment,
    const std::function<void()>& on_wait) {
  for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);

  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return tl::unexpected(SystemError("run", command[0]));
  const pid_t child = fork();
  if (child == 0) Become(arguments, ends[1]);
  close(ends[1]);
  if (child < 0) {
    close(ends[0]);
    return tl::unexpected(SystemError("run", command[0]));
  }
  SubprocessResult result{0, Listen(ends[0], on_wait)};
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (result.exit_status == kNotThere) {
    return Fail(ErrorCode::kNotFound, "there is no program '", command[0], "'");
  }
  return result;
}

}  // namespace ingle
