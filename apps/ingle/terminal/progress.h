// How far a download or a measurement is, on standard error.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

namespace ingle {

// On a terminal one line that is drawn anew, with rate and time left; elsewhere a line each time
// that another tenth is done; nothing when quiet.
class Progress {
 public:
  enum class Unit { kBytes, kSteps };

  // total: 0 when it is not known.
  Progress(std::string label, uint64_t total, Unit unit, bool quiet);
  ~Progress();  // leaves the cursor on a fresh line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // done may begin above 0 (a download that goes on) and may fall (one that starts over).
  // note: shown behind, such as "perplexity 18.98".
  void Update(uint64_t done, const std::string& note = "");

  // Takes the line away, so that something else can be said.
  void Clear();

 private:
  using Clock = std::chrono::steady_clock;

  void Draw(uint64_t done, const std::string& note);
  void PrintTenth(uint64_t done, const std::string& note);
  double Rate(uint64_t done, Clock::time_point now);
  std::string Amount(uint64_t done) const;

  std::string label_;
  uint64_t total_;
  Unit unit_;
  bool quiet_;
  bool terminal_;
  bool line_shown_ = false;
  int tenths_ = -1;
  Clock::time_point last_drawn_{};
  std::deque<std::pair<Clock::time_point, uint64_t>> samples_;  // of the last seconds, for the rate
};

}  // namespace ingle
