// Operations that carry a state of fixed size from token to token. A task may be cut anywhere
// between tokens, columns or heads: the bits are the same.
#pragma once

#include <span>

#include "kernels/kernel.h"
#include "kernels/recurrent/recurrent_task.h"

namespace ingle {

struct RecurrentKernels {
  const char* name;
  CpuFeatures needs;
  void (*short_conv)(const ShortConvTask&);
  void (*selective_scan)(const SelectiveScanTask&);
  void (*delta_rule)(const DeltaRuleTask&);
};
std::span<const RecurrentKernels> RecurrentTable();

}  // namespace ingle
