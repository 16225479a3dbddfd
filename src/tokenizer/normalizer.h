// Normalizers: what happens to a text before it is cut into words and tokens.
//
// The steps are those that tokenizer.json names, and each does what the Python package `tokenizers`
// does, byte for byte, its older Unicode included: models were trained on what it gives. What is
// not UTF-8 stays as it is, and where a step asks what it is, it counts as U+FFFD.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "tokenizer/normal_form.h"

namespace ingle {

// One character at a time: no final sigma, and U+0130 becomes two characters.
struct LowercaseStep {};

// Removes combining marks, without decomposing first: it follows NFD.
struct StripAccentsStep {};

// What BERT does before WordPiece.
struct BertStep {
  bool clean_text = true;  // removes control characters, makes other white space spaces
  bool handle_chinese_chars = true;
  std::optional<bool> strip_accents = {};  // decomposes, too; absent: as lowercase
  bool lowercase = true;
};

// Replaces every match, from left to right.
struct ReplaceStep {
  std::string pattern;
  bool is_regex = false;     // what replace_pattern.h takes; otherwise the text itself
  std::string content = {};  // taken literally
};

// Puts text in front of what is not empty.
struct PrependStep {
  std::string text;
};

// Removes white space at the ends.
struct StripStep {
  bool left = true;
  bool right = true;
};

// SentencePiece's rules for machine translation that need no table: control characters and spaces.
struct NmtStep {};

// SentencePiece's compiled rules, as its model files hold them (precompiled_charsmap).
struct PrecompiledStep {
  std::string charsmap;
};

// Spells every byte as byte_level.h says.
struct ByteLevelStep {};

using NormalizerStep =
    std::variant<NormalForm, LowercaseStep, StripAccentsStep, BertStep, ReplaceStep, PrependStep,
                 StripStep, NmtStep, PrecompiledStep, ByteLevelStep>;

// Thread safety: immutable once created; any thread may call any method.
class Normalizer {
 public:
  Normalizer() = default;  // changes nothing

  // Fails with kUnsupported for a regular expression that replace_pattern.h does not take, and with
  // kCorrupt for an empty pattern or a charsmap that is not one. The steps need not live on.
  static Result<Normalizer> Create(std::span<const NormalizerStep> steps);

  // The text after all steps, in time near linear in its length. The steps of models in use grow a
  // text at most eighteenfold (NFKC); a Replace or a charsmap grows it by what the file holds.
  std::string Normalize(std::string_view text) const;

  bool changes_nothing() const { return steps_.empty(); }

 private:
  std::vector<std::function<void(std::string& text)>> steps_;
};

}  // namespace ingle
