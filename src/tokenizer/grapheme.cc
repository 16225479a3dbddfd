#include "tokenizer/grapheme.h"

#include "base/utf8.h"
#include "tokenizer/normalizer_traits.h"

namespace ingle {
namespace {

using Break = GraphemeBreak;

bool IsControl(Break kind) {
  return kind == Break::kControl || kind == Break::kCr || kind == Break::kLf;
}

bool IsHangul(Break kind) { return kind >= Break::kHangulL; }

// GB6 to GB8: the letters of one Hangul syllable.
bool JoinsHangul(Break before, Break after) {
  switch (before) {
    case Break::kHangulL:
      return IsHangul(after) && after != Break::kHangulT;
    case Break::kHangulLv:
    case Break::kHangulV:
      return after == Break::kHangulV || after == Break::kHangulT;
    case Break::kHangulLvt:
    case Break::kHangulT:
      return after == Break::kHangulT;
    default:
      return false;
  }
}

// What the rules must remember of the cluster so far.
class Cluster {
 public:
  explicit Cluster(CharTraits first) { Add(first); }

  // Whether no rule breaks before the character, by the annex's numbers.
  bool Takes(CharTraits next) const {
    const Break before = last_.grapheme_break();
    const Break after = next.grapheme_break();
    if (before == Break::kCr) return after == Break::kLf;              // GB3, GB4
    if (IsControl(before) || IsControl(after)) return false;           // GB4, GB5
    if (JoinsHangul(before, after)) return true;                       // GB6 to GB8
    if (after == Break::kExtend || after == Break::kZwj) return true;  // GB9
    if (after == Break::kSpacingMark) return true;                     // GB9a
    if (before == Break::kPrepend) return true;                        // GB9b
    if (conjunct_ == Conjunct::kLinked && next.conjunct_break() == ConjunctBreak::kConsonant) {
      return true;  // GB9c
    }
    if (emoji_ == Emoji::kJoined && next.pictographic()) return true;   // GB11
    return after == Break::kRegionalIndicator && indicators_ % 2 == 1;  // GB12, GB13
  }

  void Add(CharTraits next) {
    const Break kind = next.grapheme_break();
    indicators_ = kind == Break::kRegionalIndicator ? indicators_ + 1 : 0;
    if (next.pictographic()) {
      emoji_ = Emoji::kPictograph;
    } else if (emoji_ == Emoji::kNone || (kind != Break::kExtend && kind != Break::kZwj)) {
      emoji_ = Emoji::kNone;
    } else {
      emoji_ = kind == Break::kZwj ? Emoji::kJoined : Emoji::kPictograph;
    }
    AddToConjunct(next.conjunct_break());
    last_ = next;
  }

 private:
  enum class Emoji { kNone, kPictograph, kJoined };  // pictograph Extend*, and then ZWJ
  enum class Conjunct { kNone, kConsonant, kLinked };

  void AddToConjunct(ConjunctBreak kind) {
    if (kind == ConjunctBreak::kConsonant) {
      conjunct_ = Conjunct::kConsonant;
    } else if (kind == ConjunctBreak::kNone || conjunct_ == Conjunct::kNone) {
      conjunct_ = Conjunct::kNone;
    } else if (kind == ConjunctBreak::kLinker) {
      conjunct_ = Conjunct::kLinked;
    }
  }

  CharTraits last_;
  Emoji emoji_ = Emoji::kNone;
  Conjunct conjunct_ = Conjunct::kNone;
  uint32_t indicators_ = 0;  // regional indicators at the end
};

}  // namespace

size_t GraphemeLength(std::string_view text) {
  const auto ascii = [&](size_t pos) {
    return pos >= text.size() || static_cast<unsigned char>(text[pos]) < 0x80;
  };
  if (ascii(0) && ascii(1)) return text.substr(0, 2) == "\r\n" ? 2 : 1;
  Utf8Char c = DecodeUtf8(text);
  Cluster cluster(TraitsOf(c.code_point));
  size_t length = c.length;
  while (length < text.size()) {
    c = DecodeUtf8(text.substr(length));
    const CharTraits next = TraitsOf(c.code_point);
    if (!cluster.Takes(next)) break;
    cluster.Add(next);
    length += c.length;
  }
  return length;
}

}  // namespace ingle
