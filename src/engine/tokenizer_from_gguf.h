// The tokenizer that a GGUF file describes.
#pragma once

#include <memory>

#include "base/error.h"
#include "formats/gguf/gguf_file.h"
#include "tokenizer/tokenizer.h"

namespace ingle {

// What the fields tokenizer.ggml.* say. The views in the result point into the file.
// Fails with kNotFound where a required field is missing and kCorrupt where one has the wrong type;
// messages name the file and the field.
Result<TokenizerSpec> TokenizerSpecFromGguf(const GgufFile& file);

// The same, and the tokenizer made of it. The file need not outlive the result.
Result<std::unique_ptr<Tokenizer>> TokenizerFromGguf(const GgufFile& file);

}  // namespace ingle
