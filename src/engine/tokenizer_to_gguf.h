// A checkpoint folder's tokenizer as the fields of a GGUF file.
#pragma once

#include "base/error.h"
#include "formats/gguf/gguf_writer.h"
#include "tokenizer/huggingface/tokenizer_json.h"

namespace ingle {

// Sets tokenizer.ggml.* and tokenizer.chat_template.
//
// tokenizer.json composes steps, where GGUF names one of four algorithms and, of byte-level BPE,
// one of some ways to cut. Which of them does the same is found out by trial: the fields are read
// back, and what they make of texts that tell the ways apart must be the same tokens. Where the
// nearest differs in what it makes of spaces at the beginning or behind special tokens, as of
// SentencePiece vocabularies with a Metaspace step, or where none is near ("none" then, ids alone),
// the file gets tokenizer.json whole as well, under GGUF's key tokenizer.huggingface.json, which
// TokenizerFromGguf prefers.
//
// vocabulary: rows of the model's embedding; ids beyond the tokenizer's become unused tokens. Fails
// as ReadTokenizerFiles does, and with kCorrupt for more tokens than rows.
Status TokenizerToGguf(const TokenizerFiles& files, size_t vocabulary, GgufHeader& header);

}  // namespace ingle
