// What a model is for: what it answers to a text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ingle {

enum class Task : uint8_t {
  kGenerate,        // after each token the logits of the next
  kEmbed,           // of each token the last hidden state
  kClassifyText,    // scores of labels for a text: one row for all of it
  kClassifyTokens,  // scores of labels for each token
};

// What makes probabilities of a classifier's scores.
enum class LabelScores : uint8_t {
  kSoftmax,  // one label holds
  kSigmoid,  // each holds or not, whatever the others do
  kRaw,      // nothing: a regression
};

struct Labels {
  std::vector<std::string> names;  // one for each column of the answer; empty: no classifier
  LabelScores scores = LabelScores::kSoftmax;
};

}  // namespace ingle
