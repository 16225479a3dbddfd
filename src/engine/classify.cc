#include "engine/classify.h"

#include <algorithm>
#include <cmath>

namespace ingle {
namespace {

void Softmax(std::span<float> row) {
  const float largest = *std::max_element(row.begin(), row.end());
  double sum = 0;
  for (const float score : row) sum += std::exp(double{score} - largest);
  for (float& score : row) score = static_cast<float>(std::exp(double{score} - largest) / sum);
}

void ToProbabilities(LabelScores scores, std::span<float> row) {
  if (scores == LabelScores::kSoftmax) return Softmax(row);
  if (scores == LabelScores::kRaw) return;
  for (float& score : row) score = static_cast<float>(1 / (1 + std::exp(-double{score})));
}

}  // namespace

Result<std::vector<std::vector<float>>> Classify(Engine& engine,
                                                 std::span<const std::vector<TokenId>> texts,
                                                 Turns* turns) {
  const ModelInfo& model = engine.model_info();
  if (model.labels.names.empty()) {
    return Fail(ErrorCode::kUnsupported, model.path, " has no labels: it is no classifier");
  }
  const size_t labels = model.labels.names.size();
  std::vector<std::vector<float>> results;
  const Status ran =
      RunTexts(engine, texts, {.turns = turns}, [&](std::span<const float> scores, bool) {
        std::vector<float>& result = results.emplace_back(scores.begin(), scores.end());
        for (size_t begin = 0; begin < result.size(); begin += labels) {
          ToProbabilities(model.labels.scores, std::span(result).subspan(begin, labels));
        }
      });
  if (!ran) return Fail(ran.error());
  return results;
}

}  // namespace ingle
