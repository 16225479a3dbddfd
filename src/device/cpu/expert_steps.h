#pragma once

#include "device/cpu/steps.h"

namespace ingle {

// Products of each token with the matrices of its experts.
void Experts(const Step& step, const StepContext& context);

}  // namespace ingle
