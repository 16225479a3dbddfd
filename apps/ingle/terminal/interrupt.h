// Ctrl-C as an event instead of an end.
#pragma once

#include <signal.h>

#include <atomic>

namespace ingle {

// While one of these lives, SIGINT sets a flag and does nothing else. They nest and share the flag;
// each clears it when it begins.
class InterruptScope {
 public:
  enum class Second { kIsAsTheFirst, kEndsTheProgram };
  explicit InterruptScope(Second second = Second::kIsAsTheFirst);
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;

  const std::atomic<bool>& flag() const;

 private:
  struct sigaction previous_;
};

}  // namespace ingle
