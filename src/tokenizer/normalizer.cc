#include "tokenizer/normalizer.h"

#include <algorithm>
#include <array>

#include "tokenizer/byte_level.h"
#include "tokenizer/charsmap.h"
#include "tokenizer/normalizer_traits.h"
#include "tokenizer/replace_pattern.h"
#include "tokenizer/text_chars.h"
#include "tokenizer/unicode.h"

namespace ingle {
namespace {

using Change = std::function<void(std::string& text)>;

bool IsWhite(char32_t c) { return (CharSetOf(c) & kWhiteSpace) != 0; }

void LowerAscii(std::string& text) {
  for (char& c : text) c = static_cast<char>(LowerCase(static_cast<unsigned char>(c)));
}

void ToLowerCase(std::string& text) {
  if (IsAscii(text)) return LowerAscii(text);
  constexpr char32_t kDottedI = 0x130;
  std::string out;
  out.reserve(text.size());
  ForEachChar(text, [&](const TextChar& c) {
    const char32_t lower = LowerCase(c.code_point);
    if (c.code_point == kDottedI) {
      out += "i\u0307";
    } else if (lower == c.code_point) {
      out += c.bytes;
    } else {
      AppendUtf8(out, lower);
    }
  });
  text = std::move(out);
}

// Removes the characters for which the test holds. None of them is ASCII.
template <class Test>
void RemoveUnlessAscii(std::string& text, const Test& test) {
  if (IsAscii(text)) return;
  std::string out;
  out.reserve(text.size());
  ForEachChar(text, [&](const TextChar& c) {
    if (c.code_point < 0x80 || !test(TraitsOf(c.code_point))) out += c.bytes;
  });
  text = std::move(out);
}

void StripAccents(std::string& text) {
  RemoveUnlessAscii(text, [](CharTraits traits) { return traits.accent(); });
}

// The blocks that BERT's authors took for Chinese, and a gap that `tokenizers` leaves in one.
bool IsChineseForBert(char32_t c) {
  constexpr std::pair<char32_t, char32_t> kBlocks[] = {
      {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xF900, 0xFAFF},   {0x20000, 0x2A6DF},
      {0x2A700, 0x2B81F}, {0x2B920, 0x2CEAF}, {0x2F800, 0x2FA1F},
  };
  return c >= kBlocks[0].first &&
         std::any_of(std::begin(kBlocks), std::end(kBlocks),
                     [c](const auto& block) { return c >= block.first && c <= block.second; });
}

// Control characters go, and white space of all kinds becomes a space.
void AppendClean(const TextChar& c, std::string& out) {
  if (c.code_point > ' ' && c.code_point < 0x7F) {
    out += static_cast<char>(c.code_point);
  } else if (TraitsOf(c.code_point).control()) {
  } else if (IsWhite(c.code_point)) {
    out += ' ';
  } else {
    out += c.bytes;
  }
}

void CleanForBert(const BertStep& step, std::string& text) {
  if (!step.clean_text && !step.handle_chinese_chars) return;
  std::string out;
  out.reserve(text.size());
  ForEachChar(text, [&](const TextChar& c) {
    if (step.handle_chinese_chars && IsChineseForBert(c.code_point)) {
      out += ' ';
      out += c.bytes;
      out += ' ';
    } else if (step.clean_text) {
      AppendClean(c, out);
    } else {
      out += c.bytes;
    }
  });
  text = std::move(out);
}

void NormalizeForBert(const BertStep& step, std::string& text) {
  CleanForBert(step, text);
  if (step.strip_accents.value_or(step.lowercase)) {
    text = ToNormalForm(text, {.compatibility = false, .compose = false});
    RemoveUnlessAscii(text, [](CharTraits traits) { return traits.nonspacing(); });
  }
  if (step.lowercase) ToLowerCase(text);
}

void StripWhiteSpace(const StripStep& step, std::string& text) {
  size_t begin = text.size();  // of what is not white
  size_t end = 0;
  size_t pos = 0;
  ForEachChar(text, [&](const TextChar& c) {
    const size_t next = pos + c.bytes.size();
    if (!IsWhite(c.code_point)) {
      begin = std::min(begin, pos);
      end = next;
    }
    pos = next;
  });
  if (step.right) text.resize(end);
  if (step.left) text.erase(0, begin);
}

enum class NmtRule { kKeep, kRemove, kSpace };

NmtRule NmtRuleOf(char32_t c) {
  switch (c) {
    case '\t':
    case '\n':
    case '\f':
    case '\r':
    case 0x1680:
    case 0x2028:
    case 0x2029:
    case 0x2581:
    case 0xFEFF:
    case 0xFFFD:
      return NmtRule::kSpace;
    case 0x7F:
    case 0x8F:
    case 0x9F:
      return NmtRule::kRemove;
    default:
      if (c >= 0x200B && c <= 0x200F) return NmtRule::kSpace;
      return c > 0 && c < 0x20 ? NmtRule::kRemove : NmtRule::kKeep;
  }
}

void NormalizeForTranslation(std::string& text) {
  std::string out;
  out.reserve(text.size());
  ForEachChar(text, [&](const TextChar& c) {
    const NmtRule rule = NmtRuleOf(c.code_point);
    if (rule == NmtRule::kKeep) out += c.bytes;
    if (rule == NmtRule::kSpace) out += ' ';
  });
  text = std::move(out);
}

void SpellBytes(std::string& text) {
  std::string out;
  out.reserve(2 * text.size());
  EncodeByteLevel(text, out);
  text = std::move(out);
}

// From a step to what it does, or why it cannot be done.
struct Compile {
  Result<Change> operator()(NormalForm form) const {
    return Change([form](std::string& text) { text = ToNormalForm(text, form); });
  }
  Result<Change> operator()(LowercaseStep) const { return Change(ToLowerCase); }
  Result<Change> operator()(StripAccentsStep) const { return Change(StripAccents); }
  Result<Change> operator()(const BertStep& step) const {
    return Change([step](std::string& text) { NormalizeForBert(step, text); });
  }
  Result<Change> operator()(const ReplaceStep& step) const {
    auto pattern =
        step.is_regex ? ReplacePattern::Regex(step.pattern) : ReplacePattern::Literal(step.pattern);
    if (!pattern) return Fail(pattern.error());
    return Change([pattern = *std::move(pattern), content = step.content](std::string& text) {
      text = pattern.Replace(text, content);
    });
  }
  Result<Change> operator()(const PrependStep& step) const {
    return Change([before = step.text](std::string& text) {
      if (!text.empty()) text.insert(0, before);
    });
  }
  Result<Change> operator()(const StripStep& step) const {
    return Change([step](std::string& text) { StripWhiteSpace(step, text); });
  }
  Result<Change> operator()(NmtStep) const { return Change(NormalizeForTranslation); }
  Result<Change> operator()(const PrecompiledStep& step) const {
    auto charsmap = Charsmap::Create(step.charsmap);
    if (!charsmap) return Fail(charsmap.error());
    return Change(
        [charsmap = *std::move(charsmap)](std::string& text) { text = charsmap.Normalize(text); });
  }
  Result<Change> operator()(ByteLevelStep) const { return Change(SpellBytes); }
};

}  // namespace

Result<Normalizer> Normalizer::Create(std::span<const NormalizerStep> steps) {
  Normalizer normalizer;
  for (const NormalizerStep& step : steps) {
    auto change = std::visit(Compile(), step);
    if (!change) return Fail(change.error());
    normalizer.steps_.push_back(*std::move(change));
  }
  return normalizer;
}

std::string Normalizer::Normalize(std::string_view text) const {
  std::string out(text);
  for (const auto& change : steps_) change(out);
  return out;
}

}  // namespace ingle
