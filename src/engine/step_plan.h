// What one step will do, as a value: computed from the items, then executed, then committed.
#pragma once

#include <optional>
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
  bool whole_text = false;   // a session's first tokens are all that it gets
  bool once_a_text = false;  // an item has one row of output, whatever tokens are named
  std::optional<int32_t> without_position{};  // see ModelShape
};

// Checks the items against the limits and lays them out one after the other. Changes nothing.
Result<StepPlan> PlanStep(std::span<const StepItem> items, const StepLimits& limits);

}  // namespace ingle
