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
#include <string_view>

#include "files/file_io.h"

namespace ingle {
namespace {

constexpr int kPollMilliseconds = 200;
constexpr size_t kKeptOutput = 16384;
constexpr size_t kLongestAnswer = 1 << 20;
constexpr int kNotThere = 127;

// Both ends of a pipe, closed when nobody needs them any more.
struct Pipe {
  int read_end = -1;
  int write_end = -1;

  bool Open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    read_end = ends[0];
    write_end = ends[1];
    return true;
  }
  void CloseWriteEnd() {
    if (write_end >= 0) close(write_end);
    write_end = -1;
  }
  ~Pipe() {
    CloseWriteEnd();
    if (read_end >= 0) close(read_end);
  }
};

// Which processes a signal to the child's group reaches.
enum class Group {
  kOurs,    // ours too: Ctrl-C on a terminal ends all
  kItsOwn,  // the child and what it starts
};

// In the child, between fork and exec.
[[noreturn]] void Become(const std::vector<char*>& arguments, int output, int errors, Group group) {
  if (group == Group::kItsOwn) setpgid(0, 0);
#if defined(__linux__)
  prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
  signal(SIGPIPE, SIG_DFL);
  signal(SIGXFSZ, SIG_DFL);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(errors, STDERR_FILENO);
  execvp(arguments[0], arguments.data());
  _exit(kNotThere);
}

// Collects what the child says until it has closed its ends.
void Listen(const Pipe& output, const Pipe& errors, const std::function<void()>& on_wait,
            SubprocessResult& result) {
  pollfd ends[2] = {{output.read_end, POLLIN, 0}, {errors.read_end, POLLIN, 0}};
  while (ends[0].fd >= 0 || ends[1].fd >= 0) {  // poll passes over negative ones
    const int count = poll(ends, 2, kPollMilliseconds);
    on_wait();
    if (count <= 0) continue;
    for (pollfd& end : ends) {
      if (end.fd < 0 || end.revents == 0) continue;
      char buffer[4096];
      const ssize_t got = read(end.fd, buffer, sizeof buffer);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        end.fd = -1;
        continue;
      }
      const std::string_view text(buffer, static_cast<size_t>(got));
      if (&end == &ends[0]) result.answer += text.substr(0, kLongestAnswer - result.answer.size());
      result.output += text;
      if (result.output.size() > 2 * kKeptOutput) {
        result.output.erase(0, result.output.size() - kKeptOutput);
      }
    }
  }
}

Result<SubprocessResult> Run(const std::vector<std::string>& command, Group group,
                             const std::function<void()>& on_wait) {
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);

  Pipe output, errors;
  if (!output.Open() || !errors.Open()) return tl::unexpected(SystemError("run", command[0]));
  const pid_t child = fork();
  if (child == 0) Become(arguments, output.write_end, errors.write_end, group);
  output.CloseWriteEnd();
  errors.CloseWriteEnd();
  if (child < 0) return tl::unexpected(SystemError("run", command[0]));
  SubprocessResult result;
  Listen(output, errors, on_wait, result);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  result.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace

Result<SubprocessResult> RunProgram(
    const std::vector<std::string>& command,
    const std::vector<std::pair<std::string, std::string>>& environment,
    const std::function<void()>& on_wait) {
  for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
  const Result<SubprocessResult> ran = Run(command, Group::kOurs, on_wait);
  if (ran && ran->exit_status == kNotThere) {
    return Fail(ErrorCode::kNotFound, "there is no program '", command[0], "'");
  }
  return ran;
}

Result<SubprocessResult> RunShellCommand(const std::string& command,
                                         const std::vector<std::string>& arguments) {
  // Only the shell is told when this process dies, and it passes that on to its group. It hears of
  // it while it waits for a job, not while it runs a command before itself.
  const std::string script =
      Cat("trap 'trap - TERM; kill 0' TERM\n{ ", command, " \"$@\"\n} & wait $!");
  std::vector<std::string> words = {"sh", "-c", script, "sh"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return Run(words, Group::kItsOwn, [] {});
}

}  // namespace ingle
