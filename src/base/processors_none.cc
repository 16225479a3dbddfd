// A platform without threads.
#include "base/cpu.h"

namespace ingle {

int UsableProcessors() { return 1; }

}  // namespace ingle
