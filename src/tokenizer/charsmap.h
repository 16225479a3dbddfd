// SentencePiece's compiled normalization rules (normalizer_spec.precompiled_charsmap): a trie from
// characters to the text that replaces them, in darts-clone's double array.
//
// Aoe: An Efficient Digital Search Algorithm by Using a Double-Array Structure, 1989;
// github.com/s-yata/darts-clone.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ingle {

class Charsmap {
 public:
  // Bytes: the trie's size in four bytes, the trie in units of four, then texts that end with 0;
  // all little endian. Fails with kCorrupt where the sizes do not fit.
  static Result<Charsmap> Create(std::string_view bytes);

  // The text by the rules. As in `tokenizers`, a rule is looked for per grapheme cluster of fewer
  // than six bytes, and else per character, and the shortest that fits replaces the whole of it:
  // SentencePiece itself takes the longest, and only what it covers.
  std::string Normalize(std::string_view text) const;

 private:
  // The replacement by the shortest rule that chunk begins with.
  std::optional<std::string_view> Find(std::string_view chunk) const;
  void AppendCluster(std::string_view cluster, std::string& out) const;

  std::vector<uint32_t> units_;
  std::string texts_;
  std::array<bool, 128> ascii_changes_{};
};

}  // namespace ingle
