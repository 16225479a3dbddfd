#include "kernels/emulated_testing.h"

namespace ingle {

const EmulatedKernels& Emulated() {
  static const EmulatedKernels none;
  return none;
}

}  // namespace ingle
