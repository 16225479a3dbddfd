// What the files beside tokenizer.json add: markers, the ids that end a generation, the template.
#pragma once

#include "base/error.h"
#include "tokenizer/huggingface/tokenizer_json.h"

namespace ingle {

// REQUIRES: result.spec has its tokens and its pipeline.
Status ReadTokenizerConfig(const TokenizerFiles& files, TokenizerFromFiles& result);

}  // namespace ingle
