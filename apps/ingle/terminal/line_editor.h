// A line from a person at a terminal, with editing and history.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace ingle {

class LineEditor {
 public:
  // history: a file that only its owner may read, created where it is missing; without permission
  // for that the history ends with the program. completions: what Tab completes at the beginning of
  // a line.
  LineEditor(std::string history, std::vector<std::string> completions);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  enum class Outcome { kLine, kEnd, kInterrupted };  // kEnd: Ctrl-D; kInterrupted: Ctrl-C
  struct Input {
    Outcome outcome;
    std::string text;  // without the newline; after Ctrl-C what had been typed
  };
  Input Read(const std::string& prompt);

  // What the arrow keys bring back.
  void Remember(const std::string& line);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ingle
