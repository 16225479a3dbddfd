// Texts as vectors: those that mean alike point alike.
#pragma once

#include <optional>
#include <vector>

#include "engine/texts.h"

namespace ingle {

struct EmbedOptions {
  std::optional<Pooling> pooling{};  // nothing: ModelInfo::pooling
  bool normalize = true;             // to length 1
  Turns* turns = nullptr;            // see TextRun
};

// A vector of ModelInfo::width floats for each text, one after the other: its last hidden states,
// pooled. Any model has them, one that generates or classifies too. Fails as RunTexts does, and
// with kUnsupported where the model's files want more done than pooling.
Result<std::vector<float>> Embed(Engine& engine, std::span<const std::vector<TokenId>> texts,
                                 const EmbedOptions& options);

}  // namespace ingle
