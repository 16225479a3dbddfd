#include "terminal/interrupt.h"

namespace ingle {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // or a signal handler could not set it

void OnInterrupt(int) { interrupted.store(true); }

}  // namespace

InterruptScope::InterruptScope(Second second) {
  interrupted.store(false);
  struct sigaction action {};
  action.sa_handler = OnInterrupt;
  action.sa_flags = SA_RESTART;
  if (second == Second::kEndsTheProgram) action.sa_flags |= static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &previous_);
}

InterruptScope::~InterruptScope() { sigaction(SIGINT, &previous_, nullptr); }

const std::atomic<bool>& InterruptScope::flag() const { return interrupted; }

}  // namespace ingle
