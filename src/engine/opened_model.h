// A model as people have it (a GGUF file, a folder of Hugging Face's) as what the engine takes it
// apart into.
#pragma once

#include <memory>
#include <string>

#include "base/byte_source.h"
#include "engine/engine.h"
#include "models/checkpoint.h"
#include "models/huggingface/sentence_modules.h"

namespace ingle {

struct OpenedModel {
  std::string name;  // what messages call it: the path
  std::unique_ptr<Checkpoint> checkpoint;
  std::unique_ptr<Tokenizer> tokenizer;
  std::string chat_template;        // empty: none
  std::string chat_template_field;  // where it was found, for messages
  ModelInfo info;                   // but for what only the built model knows
  SentenceModules modules;          // how its states become embeddings, where the files say
};

// path: a GGUF file, of a split model its first part; or a folder with config.json and safetensors,
// sharded or not. A folder without a tokenizer serves token ids.
Result<OpenedModel> OpenModel(const std::string& path);
// A GGUF file from anywhere.
Result<OpenedModel> OpenModel(std::shared_ptr<const ByteSource> source);

// The tokenizer of either, without the rest: a file need not hold a model.
Result<std::unique_ptr<Tokenizer>> OpenTokenizer(const std::string& path);

}  // namespace ingle
