// What a model asks of a machine: how much arithmetic, how many bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/engine.h"

namespace ingle {

// Multiply-adds of the matrix products, by what they can be computed with.
struct Products {
  double quantized = 0;  // weights of few bits: int8 arithmetic
  double wide = 0;       // F16, BF16 and F32: f32 arithmetic
};

// Attention's own products are not counted: a figure's share of the limit falls with its depth.
struct ModelWork {
  Products per_token;
  Products per_output;     // for a token whose logits are wanted
  double step_bytes = 0;   // weights that every step reads, however many tokens it has
  double state_bytes = 0;  // of each sequence, at any length
  // The matrices of a layer's experts, of which each token wants k.
  struct Experts {
    double bytes = 0;  // of one
    double k = 0;
    double count = 0;
  };
  std::vector<Experts> experts;
  struct Attention {
    double bytes = 0;     // of the cache, for each position that is seen
    uint32_t window = 0;  // positions seen at most; 0: all
  };
  std::vector<Attention> attentions;

  // Of weights, in a step of so many tokens. Of experts that is the most that it may be: as if no
  // two tokens shared one, until all are read. A step whose tokens do may be quicker than a limit
  // which counts on it.
  double StepBytes(double tokens) const;

  // Of the cache, to compute one token that stands at this position.
  double CacheBytes(double position) const;
};

ModelWork WorkOf(const Engine& engine);

}  // namespace ingle
