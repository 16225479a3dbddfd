// An architecture without kernels of its own.
#include "base/cpu.h"

namespace ingle::internal {

HardwareFeatures DetectFeatures() { return {}; }

}  // namespace ingle::internal
