#include <algorithm>

#include "tokenizer/regex/node.h"

namespace ingle {
namespace {

using Program = RegularExpression::Program;
using Instruction = Program::Instruction;

constexpr size_t kNoMatch = SIZE_MAX;

// The place of the character before pos. Bytes that are not UTF-8 are characters of one byte.
size_t Before(std::string_view text, size_t pos) {
  for (size_t length = 2; length <= 4 && length <= pos; ++length) {
    const auto first = static_cast<unsigned char>(text[pos - length]);
    if (first >= 0xC0 && CharAt(text, pos - length).length == length) return pos - length;
  }
  return pos - 1;
}

bool IsWordAt(std::string_view text, size_t pos) {
  const Char c = CharAt(text, pos);
  return c.Is(kWord) || IsLatinNumeralWord(c.code_point);
}

bool Holds(Program::Anchor anchor, std::string_view text, size_t pos) {
  const bool newline_before = pos > 0 && text[pos - 1] == '\n';
  const bool newline_here = pos < text.size() && text[pos] == '\n';
  switch (anchor) {
    case Program::Anchor::kTextBegin:
      return pos == 0;
    case Program::Anchor::kTextEnd:
      return pos == text.size();
    case Program::Anchor::kTextEndOrNewline:
      return pos == text.size() || (newline_here && pos + 1 == text.size());
    case Program::Anchor::kLineBegin:
      // Not behind the newline that ends the text.
      return pos == 0 || (newline_before && pos < text.size());
    case Program::Anchor::kLineEnd:
      return pos == text.size() || newline_here;
    case Program::Anchor::kWordBorder:
    case Program::Anchor::kNoWordBorder:
      break;
  }
  const bool before = pos > 0 && IsWordAt(text, Before(text, pos));
  return (before != IsWordAt(text, pos)) == (anchor == Program::Anchor::kWordBorder);
}

// Which alternatives have been tried at which places: one bit for each kSplit and place.
class Marks {
 public:
  // bits: all zero, and so again in the end; must outlive the marks.
  Marks(uint32_t splits, size_t begin, std::vector<uint64_t>& bits)
      : words_((splits + 63) / 64), begin_(begin), bits_(bits) {}
  ~Marks() { Restart(0); }
  Marks(const Marks&) = delete;
  Marks& operator=(const Marks&) = delete;

  // Whether it is new. REQUIRES: pos is not before the beginning.
  bool Set(uint32_t split, size_t pos) {
    const size_t word = (pos - begin_) * words_ + split / 64;
    if (word >= used_) Reach(word);
    const uint64_t bit = uint64_t{1} << (split % 64);
    const bool is_new = (bits_[word] & bit) == 0;
    bits_[word] |= bit;
    return is_new;
  }

  void Restart(size_t begin) {
    std::fill_n(bits_.begin(), used_, 0);
    used_ = 0;
    begin_ = begin;
  }

 private:
  void Reach(size_t word) {
    used_ = word + 1;
    if (used_ > bits_.size()) bits_.resize(std::max(used_, 2 * bits_.size()));
  }

  size_t words_;
  size_t begin_;
  size_t used_ = 0;  // behind it, no bit is set
  std::vector<uint64_t>& bits_;
};

// The searches through one text: depth-first walks over pairs of an instruction and a place.
class Search {
 public:
  Search(const Program& program, std::string_view text, RegularExpression::Scratch& scratch)
      : program_(program),
        text_(text),
        steps_left_(kStepsPerByte * (text.size() + 64)),
        marks_(program.splits, 0, scratch.marks),
        open_(scratch.open) {
    open_.clear();
  }

  // Where the match that begins at pos ends; kNoMatch where none begins there. Places only grow,
  // and Restart comes behind each match: what is marked has led to none, and will not.
  size_t MatchAt(size_t pos) { return Walk(program_.begin, pos, marks_); }
  void Restart(size_t pos) { marks_.Restart(pos); }

  bool gave_up() const { return steps_left_ == 0; }

 private:
  static constexpr size_t kStepsPerByte = 4096;

  using Place = RegularExpression::Scratch::Place;

  size_t Walk(uint32_t begin, size_t from, Marks& marks) {
    const size_t bottom = open_.size();
    open_.push_back({begin, from});
    while (open_.size() > bottom) {
      Place place = open_.back();
      open_.pop_back();
      if (!Follow(place, marks)) continue;
      open_.resize(bottom);
      return place.pos;
    }
    return kNoMatch;
  }

  // Goes on from place until it matches or cannot; other ways to go wait in open_.
  bool Follow(Place& place, Marks& marks) {
    while (steps_left_ > 0) {
      --steps_left_;
      const Instruction& step = program_.instructions[place.at];
      if (step.op == Program::Op::kMatch) return true;
      if (step.op == Program::Op::kSplit) {
        const size_t lead = LeadAt(text_, place.pos);
        const bool next = program_.leads[step.next][lead];
        const bool other = program_.leads[step.other][lead];
        if (!(next || other) || !marks.Set(step.index, place.pos)) return false;
        if (next && other) open_.push_back({step.other, place.pos});
        place.at = next ? step.next : step.other;
        continue;
      }
      if (!Take(step, place.pos)) return false;
      place.at = step.next;
    }
    return false;
  }

  // Moves pos behind what the instruction takes; false where it does not match.
  bool Take(const Instruction& step, size_t& pos) {
    switch (step.op) {
      case Program::Op::kClass:
        return TakeClass(program_.classes[step.index], pos);
      case Program::Op::kRun:
        while (steps_left_ > 0 && TakeClass(program_.classes[step.index], pos)) --steps_left_;
        return steps_left_ > 0;
      case Program::Op::kAnchor:
        return Holds(step.anchor, text_, pos);
      case Program::Op::kLook:
        return Look(step, pos) != step.negated;
      default:
        break;
    }
    const size_t end = WalkPart(step.other, pos);
    if (end == kNoMatch) return false;
    pos = end;
    return true;
  }

  bool TakeClass(const Program::Class& kind, size_t& pos) const {
    const size_t lead = LeadAt(text_, pos);
    if (!kind.leads[lead]) return false;
    if (lead < kBeyondAscii) {
      ++pos;
      return true;
    }
    const Char c = CharAt(text_, pos);
    if (!kind.characters.Has(c)) return false;
    pos += c.length;
    return true;
  }

  bool Look(const Instruction& step, size_t pos) {
    for (uint32_t i = 0; i < step.behind; ++i) {
      if (pos == 0) return false;
      pos = Before(text_, pos);
    }
    return WalkPart(step.other, pos) != kNoMatch;
  }

  // Not with the marks of the whole: a part may match at one place more than once.
  size_t WalkPart(uint32_t begin, size_t pos) {
    std::vector<uint64_t> bits;
    Marks marks(program_.splits, pos, bits);
    return Walk(begin, pos, marks);
  }

  const Program& program_;
  std::string_view text_;
  size_t steps_left_;
  Marks marks_;
  // Alternatives that wait, of the part that is walked and those around it.
  std::vector<Place>& open_;
};

}  // namespace

bool CharClass::Has(const Char& c) const {
  bool has =
      c.Is(kinds) ||
      std::any_of(ranges.begin(), ranges.end(),
                  [&](const Range& range) {
                    return c.code_point >= range.first && c.code_point <= range.last;
                  }) ||
      std::any_of(any_of.begin(), any_of.end(), [&](const CharClass& part) { return part.Has(c); });
  if (!all_of.empty()) {
    has = std::all_of(all_of.begin(), all_of.end(),
                      [&](const CharClass& part) { return part.Has(c); });
  }
  return has != negated;
}

Result<RegularExpression> RegularExpression::Parse(std::string_view pattern) {
  const auto node = ParseRegex(pattern);
  if (!node) return Fail(node.error());
  auto program = EmitRegex(*node);
  if (!program) return Fail(program.error());
  return RegularExpression(std::make_shared<const Program>(*std::move(program)));
}

Result<std::vector<RegularExpression::Match>> RegularExpression::FindAll(
    std::string_view text) const {
  std::vector<Match> matches;
  Scratch scratch;
  if (const Status found = FindAll(text, scratch, matches); !found) return Fail(found.error());
  return matches;
}

Status RegularExpression::FindAll(std::string_view text, Scratch& scratch,
                                  std::vector<Match>& matches) const {
  matches.clear();
  Search search(*program_, text, scratch);
  const Leads& leads = program_->leads[program_->begin];
  size_t last_end = kNoMatch;
  for (size_t pos = 0; pos <= text.size();) {
    if (!leads[LeadAt(text, pos)]) {
      ++pos;
      continue;
    }
    const size_t end = search.MatchAt(pos);
    if (search.gave_up()) {
      return Fail(ErrorCode::kTooLarge, "a regular expression takes too long on a text of ",
                  text.size(), " bytes");
    }
    const size_t next = pos + std::max<size_t>(CharAt(text, pos).length, 1);
    if (end == kNoMatch || (end == pos && pos == last_end)) {
      pos = next;
      continue;
    }
    matches.push_back({pos, end});
    last_end = end;
    pos = end > pos ? end : next;
    search.Restart(pos);
  }
  return {};
}

}  // namespace ingle
