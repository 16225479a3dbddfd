#pragma once

#include <stddef.h>
#include <stdint.h>

namespace ingle {

enum class RouteScores : uint8_t { kSoftmax, kSoftmaxOfTopK, kSigmoid };

struct RouteTask {
  const float* logits;  // [experts]
  const float* bias;    // [experts] or null: added to the scores to choose, not to weigh
  size_t experts;
  size_t k;  // at most experts
  RouteScores scores;
  bool normalize;       // divide the weights by their sum
  float scale;          // of the weights
  const float* scales;  // [experts] or null: a factor for each expert's weight, at last
  float* output;        // k numbers of experts, best first, then their k weights
  float* scratch;       // 2 * experts floats
};

}  // namespace ingle
