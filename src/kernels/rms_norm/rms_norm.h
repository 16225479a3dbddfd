// Root mean square normalization: Zhang and Sennrich, arXiv 1910.07467.
#pragma once

#include <span>

#include "kernels/kernel.h"
#include "kernels/rms_norm/rms_norm_task.h"

namespace ingle {

struct RmsNormKernels {
  const char* name;
  CpuFeatures needs;
  void (*rms_norm)(const RmsNormTask&);
  void (*rescale)(const RescaleTask&);
};
std::span<const RmsNormKernels> RmsNormTable();

}  // namespace ingle
