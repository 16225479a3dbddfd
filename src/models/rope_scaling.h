// The frequencies of rotary position embedding under every scaling that models use.
#pragma once

#include <optional>
#include <vector>

#include "graph/graph.h"
#include "models/checkpoint.h"
#include "models/config_reader.h"

namespace ingle {

// Reads rope.* and, if there, the tensor rope_freqs.weight (the factors of Llama 3's scaling).
// head_size: of a head. whole_pairs: of YarnOptions, where the file does not say. Errors of fields
// stay in config; those of the tensor are returned.
Result<RopeAttributes> ReadRope(const Checkpoint& checkpoint, ConfigReader& config,
                                uint32_t head_size, uint32_t trained_context,
                                bool whole_pairs = true);

// The same pairs at the unscaled frequencies of another base: of layers that see a window only.
RopeAttributes PlainRope(const RopeAttributes& like, double theta);

// theta^(-2i / dimensions) for pair i.
std::vector<float> BaseFrequencies(double theta, uint32_t dimensions);

// YaRN: Peng et al., arXiv 2309.00071, section 3.
struct YarnOptions {
  double factor = 1;  // new context / original context
  double original_context = 0;
  double beta_fast = 32;     // pairs that turn more often than this over the original context stay
  double beta_slow = 1;      // pairs that turn less often are interpolated
  double extrapolation = 1;  // share of the ramp that is applied
  bool whole_pairs = true;   // the ramp begins and ends at a pair
};
std::vector<float> YarnFrequencies(double theta, uint32_t dimensions, const YarnOptions& options);

}  // namespace ingle
