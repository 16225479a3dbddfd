#include "tokenizer/pieces.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "tokenizer/byte_level.h"
#include "tokenizer/cuts.h"
#include "tokenizer/normalizer_traits.h"
#include "tokenizer/pretokenizer.h"
#include "tokenizer/regex/regular_expression.h"
#include "tokenizer/unicode.h"

namespace ingle {
namespace {

// A stretch of a piece, counted from the piece's beginning: a match, or what lies between two.
struct Stretch {
  uint32_t begin;
  uint32_t end;
  bool matches;
};

// Takes the matches of a piece from left to right, and fills the gaps between them.
class StretchList {
 public:
  explicit StretchList(std::vector<Stretch>& stretches) : stretches_(stretches) {
    stretches_.clear();
  }
  void Match(size_t begin, size_t end) {
    Until(begin);
    Add(begin, end, true);
  }
  void Until(size_t end) { Add(end_, end, false); }

 private:
  void Add(size_t begin, size_t end, bool matches) {
    if (begin < end || matches) {
      stretches_.push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(end), matches});
    }
    end_ = end;
  }
  std::vector<Stretch>& stretches_;
  size_t end_ = 0;
};

void FindText(const std::string& pattern, std::string_view piece, std::vector<Stretch>& stretches) {
  StretchList list(stretches);
  for (size_t at = 0; !pattern.empty();) {
    at = piece.find(pattern, at);
    if (at == std::string_view::npos) break;
    list.Match(at, at + pattern.size());
    at += pattern.size();
  }
  list.Until(piece.size());
}

class FindExpression {
 public:
  explicit FindExpression(RegularExpression expression) : expression_(std::move(expression)) {}

  void operator()(std::string_view piece, std::vector<Stretch>& stretches) {
    StretchList list(stretches);
    // An expression that gives up on a piece finds nothing in it.
    if (expression_.FindAll(piece, scratch_, matches_)) {
      for (const auto& match : matches_) list.Match(match.begin, match.end);
    }
    list.Until(piece.size());
  }

 private:
  RegularExpression expression_;
  RegularExpression::Scratch scratch_;
  std::vector<RegularExpression::Match> matches_;
};

// Each character of a kind is a match.
template <class IsKind>
void FindChars(std::string_view piece, std::vector<Stretch>& stretches, const IsKind& is_kind) {
  StretchList list(stretches);
  for (size_t pos = 0; pos < piece.size();) {
    const Char c = CharAt(piece, pos);
    if (is_kind(c)) list.Match(pos, pos + c.length);
    pos += c.length;
  }
  list.Until(piece.size());
}

void FindWhiteSpace(std::string_view piece, std::vector<Stretch>& stretches) {
  FindChars(piece, stretches, [](const Char& c) { return c.Is(kWhiteSpace); });
}
void FindPunctuation(std::string_view piece, std::vector<Stretch>& stretches) {
  FindChars(piece, stretches, [](const Char& c) { return TraitsOf(c.code_point).punctuation(); });
}
void FindNumbers(std::string_view piece, std::vector<Stretch>& stretches) {
  FindChars(piece, stretches, [](const Char& c) { return c.Is(kNumber); });
}

// \w+|[^\w\s]+ of Rust, where joiners are in words: each run is a match.
void FindWords(std::string_view piece, std::vector<Stretch>& stretches) {
  StretchList list(stretches);
  const auto kind_of = [](const Char& c) {
    if (c.Is(kWord) || c.code_point == 0x200C || c.code_point == 0x200D) return 1;
    return c.Is(kWhiteSpace) ? 0 : 2;
  };
  for (size_t pos = 0; pos < piece.size();) {
    const size_t begin = pos;
    Char c = CharAt(piece, pos);
    const int kind = kind_of(c);
    for (; c.length > 0 && kind_of(c) == kind; c = CharAt(piece, pos)) pos += c.length;
    if (kind != 0) list.Match(begin, pos);
  }
  list.Until(piece.size());
}

// Joins each stretch for which joins(stretch, the one before it) holds to what that belongs to.
template <class Joins>
void JoinToPrevious(std::vector<Stretch>& stretches, const Joins& joins) {
  size_t kept = 0;
  bool previous = false;
  for (size_t i = 0; i < stretches.size(); ++i) {
    const Stretch stretch = stretches[i];
    if (kept > 0 && joins(stretch.matches, previous)) {
      stretches[kept - 1].end = stretch.end;
    } else {
      stretches[kept++] = stretch;
    }
    previous = stretch.matches;
  }
  stretches.resize(kept);
}

// Puts stretches together as the behavior says; those that are dropped stay out.
void Join(SplitBehavior behavior, std::vector<Stretch>& stretches) {
  const auto is_first_match = [](bool matches, bool neighbour) { return matches && !neighbour; };
  switch (behavior) {
    case SplitBehavior::kIsolated:
      return;
    case SplitBehavior::kRemoved:
      std::erase_if(stretches, [](const Stretch& stretch) { return stretch.matches; });
      return;
    case SplitBehavior::kContiguous:
      return JoinToPrevious(stretches, std::equal_to<>());
    case SplitBehavior::kMergedWithPrevious:
      return JoinToPrevious(stretches, is_first_match);
    case SplitBehavior::kMergedWithNext:
      break;
  }
  // From the right, and turned around meanwhile.
  const auto turn = [&] {
    std::reverse(stretches.begin(), stretches.end());
    for (Stretch& stretch : stretches) std::swap(stretch.begin, stretch.end);
  };
  turn();
  JoinToPrevious(stretches, is_first_match);
  turn();
}

// find(piece, stretches) finds them; it may keep buffers in itself.
template <class Find>
CutPieces CutAtStretches(Find shared, SplitBehavior behavior, bool invert = false) {
  return [shared = std::move(shared), behavior, invert](Pieces& pieces, bool) {
    // With buffers of its own. NOLINTNEXTLINE(performance-unnecessary-copy-initialization)
    Find find = shared;
    std::vector<Span> spans;
    spans.reserve(pieces.spans.size());
    std::vector<Stretch> stretches;
    for (const Span& span : pieces.spans) {
      find(pieces.text.substr(span.begin, span.end - span.begin), stretches);
      if (invert) {
        for (Stretch& stretch : stretches) stretch.matches = !stretch.matches;
      }
      Join(behavior, stretches);
      for (const Stretch& stretch : stretches) {
        if (stretch.begin == stretch.end) continue;
        spans.push_back({span.begin + stretch.begin, span.begin + stretch.end});
      }
    }
    pieces.spans.swap(spans);
  };
}

CutPieces CutWithSplitter(Splitter splitter) {
  return [splitter](Pieces& pieces, bool) {
    std::vector<uint32_t> ends;
    std::vector<Span> spans;
    for (const Span& span : pieces.spans) {
      ends.clear();
      Cuts cuts(ends, span.begin);
      splitter(pieces.text.substr(span.begin, span.end - span.begin), cuts);
      uint32_t begin = span.begin;
      for (const uint32_t end : ends) {
        spans.push_back({begin, end});
        begin = end;
      }
    }
    pieces.spans.swap(spans);
  };
}

// Writes the text anew; write appends what becomes of a piece.
template <class Write>
void Rewrite(Pieces& pieces, const Write& write) {
  std::string text;
  text.reserve(pieces.text.size() + pieces.text.size() / 8 + 16);
  for (size_t i = 0; i < pieces.spans.size(); ++i) {
    const auto begin = static_cast<uint32_t>(text.size());
    write(i, pieces[i], text);
    pieces.spans[i] = {begin, static_cast<uint32_t>(text.size())};
  }
  pieces.rewritten = std::move(text);
  pieces.text = pieces.rewritten;
}

constexpr std::string_view kGpt2Expression =
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

// ---- One function a step ------------------------------------------------------------------------

Result<CutPieces> Make(const SplitStep& step) {
  if (!step.is_regex) {
    return CutAtStretches([pattern = step.pattern](std::string_view piece,
                                                   auto& out) { FindText(pattern, piece, out); },
                          step.behavior, step.invert);
  }
  const Splitter splitter = FindSplitter(step.pattern);
  // These leave nothing between matches, so that it is all the same whether that would be dropped.
  const bool keeps_matches =
      step.behavior == (step.invert ? SplitBehavior::kRemoved : SplitBehavior::kIsolated);
  if (splitter != nullptr && keeps_matches) return CutWithSplitter(splitter);
  auto expression = RegularExpression::Parse(step.pattern);
  if (!expression) return Fail(expression.error());
  return CutAtStretches(FindExpression(*std::move(expression)), step.behavior, step.invert);
}

Result<CutPieces> Make(const BytesStep& step) {
  const Splitter words = step.use_regex ? FindSplitter(kGpt2Expression) : nullptr;
  const CutPieces cut = words != nullptr ? CutWithSplitter(words) : CutPieces();
  return CutPieces([cut, prefixed = step.add_prefix_space](Pieces& pieces, bool begins_text) {
    const auto lacks_space = [&] {
      for (size_t i = 0; i < pieces.spans.size(); ++i) {
        if (pieces[i][0] != ' ') return true;
      }
      return false;
    };
    if (prefixed && lacks_space()) {
      Rewrite(pieces, [](size_t, std::string_view piece, std::string& text) {
        if (piece[0] != ' ') text += ' ';
        text += piece;
      });
    }
    if (cut) cut(pieces, begins_text);
  });
}

void AppendMetaspaced(std::string_view piece, const std::string& replacement, std::string& text) {
  for (size_t space = piece.find(' '); space != std::string_view::npos; space = piece.find(' ')) {
    text += piece.substr(0, space);
    text += replacement;
    piece.remove_prefix(space + 1);
  }
  text += piece;
}

Result<CutPieces> Make(const MetaspaceStep& step) {
  CutPieces cut;
  if (step.split) {
    cut = *Make(SplitStep{step.replacement, false, SplitBehavior::kMergedWithNext, false});
  }
  return CutPieces([cut, step](Pieces& pieces, bool begins_text) {
    Rewrite(pieces, [&](size_t i, std::string_view piece, std::string& text) {
      const bool prepends = step.prepend == MetaspaceStep::Prepend::kAlways ||
                            (step.prepend == MetaspaceStep::Prepend::kFirst && begins_text &&
                             i == 0 && pieces.spans[i].begin == 0);
      const bool has_it = piece[0] == ' ' || piece.starts_with(step.replacement);
      if (prepends && !has_it) text += step.replacement;
      AppendMetaspaced(piece, step.replacement, text);
    });
    if (cut) cut(pieces, begins_text);
  });
}

Result<CutPieces> Make(const WordsStep&) {
  return CutAtStretches(FindWords, SplitBehavior::kRemoved, true);
}

Result<CutPieces> Make(const WhiteSpaceStep&) {
  return CutAtStretches(FindWhiteSpace, SplitBehavior::kRemoved);
}

Result<CutPieces> Make(const DigitsStep& step) {
  return CutAtStretches(FindNumbers,
                        step.individual ? SplitBehavior::kIsolated : SplitBehavior::kContiguous);
}

Result<CutPieces> Make(const PunctuationStep& step) {
  return CutAtStretches(FindPunctuation, step.behavior);
}

Result<CutPieces> Make(const BertWordsStep&) {
  return CutPieces([space = CutAtStretches(FindWhiteSpace, SplitBehavior::kRemoved),
                    marks = CutAtStretches(FindPunctuation, SplitBehavior::kIsolated)](
                       Pieces& pieces, bool begins_text) {
    space(pieces, begins_text);
    marks(pieces, begins_text);
  });
}

}  // namespace

Pieces::Pieces(std::string_view whole) : text(whole) {
  if (!whole.empty()) spans.push_back({0, static_cast<uint32_t>(whole.size())});
}

CutPieces SpellBytes() {
  return [](Pieces& pieces, bool) {
    Rewrite(pieces, [](size_t, std::string_view piece, std::string& text) {
      EncodeByteLevel(piece, text);
    });
  };
}

CutPieces UnspellBytes() {
  return [](Pieces& pieces, bool) {
    Rewrite(pieces, [](size_t, std::string_view piece, std::string& text) {
      DecodeByteLevel(piece, text);
    });
  };
}

Result<CutPieces> MakeCutPieces(const PieceStep& step) {
  return std::visit([](const auto& s) { return Make(s); }, step);
}

}  // namespace ingle
