// What every version of the kernel does around its loops over the experts. In the
// including file's own unnamed namespace, so the linker has nothing to merge.
#pragma once

#include "kernels/route/route_task.h"

namespace ingle {
namespace {

// Loops has, for [0, count) and with output being x or not:
//   Softmax(x, output, count), Sigmoid(x, output, count),
//   size_t Best(x, count): the first of the largest, numbers before NaN.
template <class Loops>
inline void RouteWith(const RouteTask& task) {
  float* scores = task.scratch;
  float* left = task.scratch + task.experts;  // what is still to choose from
  float* weights = task.output + task.k;
  if (task.scores == RouteScores::kSoftmax) Loops::Softmax(task.logits, scores, task.experts);
  if (task.scores == RouteScores::kSigmoid) Loops::Sigmoid(task.logits, scores, task.experts);
  if (task.scores == RouteScores::kSoftmaxOfTopK) {
    for (size_t i = 0; i < task.experts; ++i) scores[i] = task.logits[i];
  }
  for (size_t i = 0; i < task.experts; ++i) {
    left[i] = task.bias == nullptr ? scores[i] : scores[i] + task.bias[i];
  }
  for (size_t j = 0; j < task.k; ++j) {
    const size_t expert = Loops::Best(left, task.experts);
    task.output[j] = static_cast<float>(expert);
    weights[j] = scores[expert];
    left[expert] = -__builtin_inff();
  }
  if (task.scores == RouteScores::kSoftmaxOfTopK) Loops::Softmax(weights, weights, task.k);

  float factor = task.scale;
  if (task.normalize) {
    float sum = 0;
    for (size_t j = 0; j < task.k; ++j) sum += weights[j];
    factor /= sum;
  }
  for (size_t j = 0; j < task.k; ++j) {
    weights[j] *= factor;
    if (task.scales != nullptr) weights[j] *= task.scales[static_cast<size_t>(task.output[j])];
  }
}

}  // namespace
}  // namespace ingle
