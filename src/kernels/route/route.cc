#include "kernels/route/route.h"

#include <algorithm>
#include <cmath>

namespace ingle {
namespace {

void Softmax(const float* logits, float* output, size_t count) {
  const float largest = *std::max_element(logits, logits + count);
  float sum = 0;
  for (size_t i = 0; i < count; ++i) {
    output[i] = std::exp(logits[i] - largest);
    sum += output[i];
  }
  for (size_t i = 0; i < count; ++i) output[i] /= sum;
}

void Score(const RouteTask& task, float* scores) {
  switch (task.scores) {
    case RouteScores::kSoftmax:
      return Softmax(task.logits, scores, task.experts);
    case RouteScores::kSoftmaxOfTopK:
      std::copy_n(task.logits, task.experts, scores);
      return;
    case RouteScores::kSigmoid:
      for (size_t i = 0; i < task.experts; ++i) scores[i] = 1 / (1 + std::exp(-task.logits[i]));
  }
}

size_t Best(const float* values, size_t count) {
  size_t best = 0;
  for (size_t i = 1; i < count; ++i) {
    if (values[i] > values[best] || (std::isnan(values[best]) && !std::isnan(values[i]))) best = i;
  }
  return best;
}

}  // namespace

void Route(const RouteTask& task) {
  float* scores = task.scratch;
  float* left = task.scratch + task.experts;  // what is still to choose from
  float* weights = task.output + task.k;
  Score(task, scores);
  for (size_t i = 0; i < task.experts; ++i) {
    left[i] = task.bias == nullptr ? scores[i] : scores[i] + task.bias[i];
  }
  for (size_t j = 0; j < task.k; ++j) {
    const size_t expert = Best(left, task.experts);
    task.output[j] = static_cast<float>(expert);
    weights[j] = scores[expert];
    left[expert] = -INFINITY;
  }
  if (task.scores == RouteScores::kSoftmaxOfTopK) Softmax(weights, weights, task.k);
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

}  // namespace ingle
