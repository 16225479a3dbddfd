// What one step will do, as a value: computed from the items, then executed, then committed.
#pragma once

#include <span>
#include <vector>

#include "device/device.h"
#include "engine/engine.h"

namespace ingle {

struct StepPlan {
  std::vector<int32_t> tokens;
  std::vector<int32_t> positions;
  std::vector<int32_t> output_rows;
  std::vector<SequenceSlice> sequences;  // without pages yet; one an item
};

struct StepLimits {
  uint32_t batch_tokens;
  uint32_t context;
  uint32_t vocabulary;
};

// Checks the items against the limits and lays them out one after the other. Changes nothing.
Result<StepPlan> PlanStep(std::span<const StepItem> items, const StepLimits& limits);

}  // namespace ingle
