// Another engine's benchmark program, run beside ours.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "bench/figure.h"

namespace ingle {

// A program that takes llama-bench's arguments (-m, -p, -n, -d, -t, -r, -o json) and answers as it
// does.
class Peer {
 public:
  // "NAME=COMMAND": what to call it, and a command of the shell, to which arguments are added.
  static Result<Peer> Parse(const std::string& text);

  const std::string& name() const { return name_; }

  // Whether the program has such a test: one sequence at a time.
  static bool CanRun(const BenchTest& test) { return test.sequences == 1; }

  struct Speed {
    double tokens_per_second = 0;
    std::string build;  // the commit it was made of, if it says so
  };
  // One repetition, in a process of its own that loads the model and warms up. Nothing when its
  // answer is an empty array: it has no such test. Fails with what the program said last; the
  // message does not name it.
  Result<std::optional<Speed>> Run(const std::string& model_path, const BenchTest& test) const;

 private:
  Peer(std::string name, std::string command)
      : name_(std::move(name)), command_(std::move(command)) {}

  std::string name_;
  std::string command_;
};

}  // namespace ingle
