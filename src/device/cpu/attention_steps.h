#pragma once

#include "device/cpu/steps.h"

namespace ingle {

// Writes this worker's share of the new keys and values into the cache.
void CacheAppend(const Step& step, const StepContext& context);

// Attends with this worker's share of the queries.
void Attend(const Step& step, const StepContext& context);

}  // namespace ingle
