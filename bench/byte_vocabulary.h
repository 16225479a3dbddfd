// A byte-level BPE vocabulary of any size that nobody had to train.
#pragma once

#include <cstdint>

#include "formats/gguf/gguf_writer.h"

namespace ingle {

// Sets tokenizer.ggml.*: an end-of-text token, the 256 bytes, then pairs, triples ... of bytes in
// the order of their length, each the merge of a token with a byte. Real text becomes about two
// bytes a token. REQUIRES: size > 256.
void SetByteVocabulary(uint32_t size, GgufHeader& header);

}  // namespace ingle
