// Pre-tokenizers: how byte-level BPE cuts a text into pieces that no merge may cross.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "tokenizer/splitters.h"

namespace ingle {

// One way to cut, and what else the name of a pre-tokenizer stands for. Constant; see Find.
struct PreTokenizer {
  // Each stage cuts the pieces of the one before, and sees nothing outside the piece.
  std::span<const Splitter> stages;

  // A piece that is a token as a whole is that token, even where merges would not lead to it.
  bool whole_pieces_first = false;

  // BOS begins a text where the file does not say.
  bool adds_bos = false;

  // The ends of the pieces of text, in bytes, ascending; the last is the end of text.
  // REQUIRES: text is shorter than 2^32 bytes.
  std::vector<uint32_t> Split(std::string_view text) const;

  // By its name in GGUF's tokenizer.ggml.pre; fails with kUnsupported. The result lives for ever.
  static Result<const PreTokenizer*> Find(std::string_view name);

  // For pieces that are cut already: no stages.
  static const PreTokenizer& None(bool whole_pieces_first);

  // All names, for tests and for messages.
  static std::vector<std::string_view> Names();
};

// A splitter that cuts as the regular expression does which tokenizer.json spells so, and leaves
// nothing between its matches; null where there is none.
Splitter FindSplitter(std::string_view expression);

}  // namespace ingle
