#include "tokenizer/normal_form.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <tuple>
#include <vector>

#include "tokenizer/normalizer_tables.h"
#include "tokenizer/normalizer_traits.h"
#include "tokenizer/text_chars.h"

namespace ingle {
namespace {

// A byte that is not UTF-8 goes through as a code point that does not exist.
constexpr char32_t kRawByte = 0x110000;

// Hangul syllables: The Unicode Standard, section 3.12.
constexpr char32_t kSyllables = 0xAC00;
constexpr char32_t kLeads = 0x1100;
constexpr char32_t kVowels = 0x1161;
constexpr char32_t kTrails = 0x11A7;  // one before the first, which stands for none
constexpr uint32_t kLeadCount = 19;
constexpr uint32_t kVowelCount = 21;
constexpr uint32_t kTrailCount = 28;
constexpr uint32_t kSyllableCount = kLeadCount * kVowelCount * kTrailCount;

bool InRun(char32_t c, char32_t first, uint32_t count) { return c >= first && c - first < count; }

std::optional<char32_t> ComposeHangul(char32_t first, char32_t second) {
  if (InRun(first, kLeads, kLeadCount) && InRun(second, kVowels, kVowelCount)) {
    return kSyllables + ((first - kLeads) * kVowelCount + (second - kVowels)) * kTrailCount;
  }
  if (InRun(first, kSyllables, kSyllableCount) && (first - kSyllables) % kTrailCount == 0 &&
      InRun(second, kTrails + 1, kTrailCount - 1)) {
    return first + (second - kTrails);
  }
  return std::nullopt;
}

std::optional<char32_t> Compose(char32_t first, char32_t second) {
  if (const auto syllable = ComposeHangul(first, second)) return syllable;
  const auto* const row =
      std::lower_bound(std::begin(kCompositions), std::end(kCompositions), std::tie(first, second),
                       [](const CompositionRow& candidate, const auto& key) {
                         return std::tie(candidate.first, candidate.second) < key;
                       });
  if (row == std::end(kCompositions) || row->first != first || row->second != second) {
    return std::nullopt;
  }
  return row->composed;
}

const DecompositionRow* FindDecomposition(uint32_t from) {
  const auto* const row = std::lower_bound(
      std::begin(kDecompositions), std::end(kDecompositions), from,
      [](const DecompositionRow& candidate, uint32_t key) { return candidate.from < key; });
  return row != std::end(kDecompositions) && row->from == from ? row : nullptr;
}

// Takes decomposed characters and puts them in order, composed or not.
class Assembler {
 public:
  Assembler(bool compose, std::string& out) : compose_(compose), out_(out) {}

  void Starter(char32_t c, bool joins) {
    FinishMarks();
    if (compose_ && joins && starter_ && marks_.empty()) {
      if (const auto composed = Compose(*starter_, c)) {
        starter_ = composed;
        return;
      }
    }
    Flush();
    starter_ = c;
  }

  void Mark(char32_t c, uint8_t combining_class) { marks_.push_back({c, combining_class}); }

  void Finish() {
    FinishMarks();
    Flush();
  }

 private:
  struct Combining {
    char32_t c;
    uint8_t combining_class;
  };

  // Orders the marks since the last starter, and composes with it those that nothing blocks.
  void FinishMarks() {
    if (marks_.empty()) return;
    std::stable_sort(marks_.begin(), marks_.end(), [](const Combining& a, const Combining& b) {
      return a.combining_class < b.combining_class;
    });
    if (!compose_ || !starter_) return;
    size_t kept = 0;
    for (const Combining& mark : marks_) {
      const bool blocked = kept > 0 && marks_[kept - 1].combining_class == mark.combining_class;
      const auto composed = blocked ? std::nullopt : Compose(*starter_, mark.c);
      if (composed) {
        starter_ = composed;
      } else {
        marks_[kept++] = mark;
      }
    }
    marks_.resize(kept);
  }

  void Flush() {
    if (starter_) Append(*starter_);
    for (const Combining& mark : marks_) Append(mark.c);
    starter_.reset();
    marks_.clear();
  }

  void Append(char32_t c) {
    if (c >= kRawByte) {
      out_ += static_cast<char>(c - kRawByte);
    } else {
      AppendUtf8(out_, c);
    }
  }

  const bool compose_;
  std::string& out_;
  std::optional<char32_t> starter_;
  std::vector<Combining> marks_;
};

void Add(char32_t c, Assembler& assembler) {
  const CharTraits traits = TraitsOf(c);
  if (traits.combining_class() != 0) {
    assembler.Mark(c, traits.combining_class());
  } else {
    assembler.Starter(c, traits.joins());
  }
}

void AddDecomposed(char32_t c, bool compatibility, Assembler& assembler) {
  if (InRun(c, kSyllables, kSyllableCount)) {
    const uint32_t syllable = c - kSyllables;
    const uint32_t trail = syllable % kTrailCount;
    Add(kLeads + syllable / kTrailCount / kVowelCount, assembler);
    Add(kVowels + syllable / kTrailCount % kVowelCount, assembler);
    if (trail != 0) Add(kTrails + trail, assembler);
    return;
  }
  const CharTraits traits = TraitsOf(c);
  const DecompositionRow* row = nullptr;
  if (compatibility && traits.compatible()) row = FindDecomposition(c << 1 | 1);
  if (!row && traits.canonical()) row = FindDecomposition(c << 1);
  if (!row) return Add(c, assembler);
  const uint32_t length = row->to >> 24;
  if (length == 0) return Add(row->to, assembler);
  for (uint32_t i = 0; i < length; ++i) {
    Add(kDecomposedChars[(row->to & 0xFFFFFF) + i], assembler);
  }
}

}  // namespace

std::string ToNormalForm(std::string_view text, NormalForm form) {
  if (IsAscii(text)) return std::string(text);
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  Assembler assembler(form.compose, out);
  ForEachChar(text, [&](const TextChar& c) {
    if (c.code_point < 0x80) {
      assembler.Starter(c.code_point, false);
    } else if (!c.valid) {
      for (const char byte : c.bytes) {
        assembler.Starter(kRawByte + static_cast<unsigned char>(byte), false);
      }
    } else {
      AddDecomposed(c.code_point, form.compatibility, assembler);
    }
  });
  assembler.Finish();
  return out;
}

}  // namespace ingle
