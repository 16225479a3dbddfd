// How surprised a model is by a text.
#pragma once

#include <functional>
#include <string_view>

#include "engine/engine.h"

namespace ingle {

struct PerplexityOptions {
  uint32_t context = 512;  // tokens of a chunk
  uint32_t chunks = 0;     // 0: as many as the text fills
  // Called after each chunk with how many are done, of how many, and the figure so far.
  std::function<void(uint32_t done, uint32_t total, double perplexity)> on_chunk = nullptr;
};

struct Perplexity {
  double perplexity = 0;
  double error = 0;  // one standard deviation of the figure
  uint32_t chunks = 0;
  uint64_t scored_tokens = 0;
};

// llama-perplexity's convention, so that figures compare: the text is cut into chunks of context
// tokens (a remainder is left out), each chunk is run on its own, with its first token replaced by
// BOS where the model wants one, and the tokens of its second half are scored.
// Fails with kInvalidArgument when the text fills no chunk.
Result<Perplexity> MeasurePerplexity(Engine& engine, std::string_view text,
                                     const PerplexityOptions& options);

}  // namespace ingle
