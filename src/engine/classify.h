// Texts, or the tokens of texts, and how likely each label is.
#pragma once

#include <vector>

#include "engine/texts.h"

namespace ingle {

// Of each text a row of ModelInfo::labels, or a row for each of its tokens (Task::kClassifyTokens):
// probabilities, or the scores themselves where LabelScores::kRaw says so. turns: see TextRun.
// Fails as RunTexts does, and with kUnsupported for a model without labels.
Result<std::vector<std::vector<float>>> Classify(Engine& engine,
                                                 std::span<const std::vector<TokenId>> texts,
                                                 Turns* turns = nullptr);

}  // namespace ingle
