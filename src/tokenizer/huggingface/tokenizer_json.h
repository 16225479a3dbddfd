// Reads the tokenizer of a Hugging Face checkpoint: tokenizer.json, and what stands beside it.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "tokenizer/tokenizer.h"

namespace ingle {

// The texts of the files of a checkpoint folder; empty where there is none.
struct TokenizerFiles {
  std::string tokenizer_json = {};
  std::string tokenizer_config_json = {};
  std::string special_tokens_map_json = {};
  std::string generation_config_json = {};
  std::string config_json = {};          // for the ids that end a generation
  std::string chat_template_jinja = {};  // goes before the one in tokenizer_config.json
  std::string other_form = {};  // the name of a file with a tokenizer that Ingle does not read
};

// Reads what is there of them. Fails for a file that cannot be read.
Result<TokenizerFiles> ReadTokenizerFolder(const std::string& folder);

struct TokenizerFromFiles {
  TokenizerSpec spec;  // views of `texts`
  std::deque<std::string> texts;
  std::string chat_template;
  std::string chat_template_field;  // where it was found, for messages
};

// REQUIRES: a tokenizer_json that is not empty. Fails with kUnsupported for a component or an
// option that Ingle does not know, with kCorrupt for what contradicts itself. Messages name the
// file and the field.
Result<TokenizerFromFiles> ReadTokenizerFiles(const TokenizerFiles& files);

}  // namespace ingle
