#include "terminal/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/error.h"
#include "terminal/output.h"
#include "terminal/units.h"

namespace ingle {
namespace {

constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr auto kRateWindow = std::chrono::seconds(5);

size_t TerminalColumns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

std::string Bar(uint64_t done, uint64_t total, size_t width) {
  const size_t filled =
      static_cast<size_t>(static_cast<double>(width) * static_cast<double>(std::min(done, total)) /
                          static_cast<double>(total));
  return "[" + std::string(filled, '#') + std::string(width - filled, '.') + "]";
}

uint64_t Percent(uint64_t done, uint64_t total) {
  return std::min<uint64_t>(
      100, static_cast<uint64_t>(100.0 * static_cast<double>(done) / static_cast<double>(total)));
}

}  // namespace

Progress::Progress(std::string label, uint64_t total, Unit unit, bool quiet)
    : label_(std::move(label)),
      total_(total),
      unit_(unit),
      quiet_(quiet),
      terminal_(ErrorsAreTerminal()) {}

Progress::~Progress() {
  if (line_shown_) std::fputc('\n', stderr);
}

void Progress::Update(uint64_t done, const std::string& note) {
  if (quiet_) return;
  if (!terminal_) return PrintTenth(done, note);
  const Clock::time_point now = Clock::now();
  if (now - last_drawn_ < kRedraw && done < total_) return;
  last_drawn_ = now;
  Draw(done, note);
}

void Progress::Clear() {
  if (!line_shown_) return;
  std::fputs("\r\x1b[K", stderr);
  line_shown_ = false;
}

void Progress::Draw(uint64_t done, const std::string& note) {
  const double rate = Rate(done, Clock::now());
  std::string tail = Amount(done);
  if (rate > 0) {
    tail += unit_ == Unit::kBytes ? Cat("  ", HumanBytes(static_cast<uint64_t>(rate)), "/s") : "";
    if (total_ > done) {
      tail += "  " + HumanDuration(static_cast<double>(total_ - done) / rate) + " left";
    }
  }
  if (!note.empty()) tail += "  " + note;

  std::string line = label_ + "  ";
  const size_t columns = TerminalColumns() - 1;
  if (total_ > 0) {
    const size_t taken = line.size() + tail.size() + 9;
    if (columns > taken + 8) line += Bar(done, total_, std::min<size_t>(30, columns - taken));
    line += Cat(" ", Percent(done, total_), "%  ");
  }
  line = (line + tail).substr(0, columns);
  std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
  std::fflush(stderr);
  line_shown_ = true;
}

void Progress::PrintTenth(uint64_t done, const std::string& note) {
  if (total_ == 0) return;
  const int tenth = static_cast<int>(Percent(done, total_) / 10);
  if (tenth == tenths_) return;
  const bool first = tenths_ < 0;
  tenths_ = tenth;
  if (first && tenth == 0) return;  // nothing to tell yet
  std::fprintf(stderr, "%s  %d%%  %s%s%s\n", label_.c_str(), tenth * 10, Amount(done).c_str(),
               note.empty() ? "" : "  ", note.c_str());
}

double Progress::Rate(uint64_t done, Clock::time_point now) {
  if (!samples_.empty() && done < samples_.back().second) samples_.clear();
  samples_.emplace_back(now, done);
  while (samples_.size() > 2 && now - samples_[1].first > kRateWindow) samples_.pop_front();
  const std::chrono::duration<double> elapsed = now - samples_.front().first;
  if (elapsed.count() < 0.2) return 0;
  return static_cast<double>(done - samples_.front().second) / elapsed.count();
}

std::string Progress::Amount(uint64_t done) const {
  if (unit_ == Unit::kSteps) return Cat(done, "/", total_);
  if (total_ == 0) return HumanBytes(done);
  return Cat(HumanBytes(done), " of ", HumanBytes(total_));
}

}  // namespace ingle
