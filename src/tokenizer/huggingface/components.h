// The components of tokenizer.json around its model. Each function takes one component, and appends
// the steps that it stands for; null stands for none.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "tokenizer/normalizer.h"
#include "tokenizer/pipeline.h"

namespace ingle {

Status ReadNormalizer(const nlohmann::json& component, const std::string& path,
                      std::vector<NormalizerStep>& steps);
Status ReadPreTokenizer(const nlohmann::json& component, const std::string& path,
                        std::vector<PieceStep>& steps);
// before and after: the tokens around a single text; ids are not checked.
Status ReadPostProcessor(const nlohmann::json& component, const std::string& path,
                         std::vector<TokenId>& before, std::vector<TokenId>& after);

// A decoder, as what it makes of each token by itself.
struct TokenDecoder {
  bool byte_level = false;  // the only step is to undo what byte_level.h says
  std::vector<std::function<void(std::string& token)>> steps;
  PipelineSpec::FirstToken first = PipelineSpec::FirstToken::kAsItIs;
};
Status ReadDecoder(const nlohmann::json& component, const std::string& path, TokenDecoder& decoder);

}  // namespace ingle
