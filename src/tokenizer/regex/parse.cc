// Oniguruma's syntax, as it reads expressions unless told otherwise: (?m) lets a point be a
// newline, ^ and $ are those of lines, and {1,3}+ is a repetition of a repetition.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/utf8.h"
#include "tokenizer/regex/node.h"

namespace ingle {
namespace {

constexpr int kDeepest = 100;
constexpr uint32_t kLargestCount = 100000;
constexpr char32_t kLastCodePoint = 0x10FFFF;

using Node = RegexNode;
using Program = RegularExpression::Program;

CharClass OfKinds(CharSet kinds, bool negated = false) {
  CharClass characters;
  characters.kinds = kinds;
  characters.negated = negated;
  return characters;
}

CharClass OfRanges(std::vector<CharClass::Range> ranges, bool negated = false) {
  CharClass characters;
  characters.ranges = std::move(ranges);
  characters.negated = negated;
  return characters;
}

// ---- Classes by a letter ------------------------------------------------------------------------

// \d \s \w \h and, in capitals, what they are not.
std::optional<CharClass> ClassOfLetter(char32_t letter) {
  const bool negated = letter < 'a';
  switch (negated ? letter + ('a' - 'A') : letter) {
    case 'd':
      return OfKinds(kDigit, negated);
    case 's':
      return OfKinds(kWhiteSpace, negated);
    case 'w':
      return OfKinds(kWord, negated);
    case 'h':
      return OfRanges({{'0', '9'}, {'a', 'f'}, {'A', 'F'}}, negated);
    default:
      return std::nullopt;
  }
}

// \n and its kin.
std::optional<char32_t> ControlOfLetter(char32_t letter) {
  constexpr std::pair<char32_t, char32_t> kControls[] = {
      {'n', '\n'}, {'r', '\r'}, {'t', '\t'}, {'f', '\f'}, {'v', '\v'}, {'a', '\a'}, {'e', 0x1B}};
  for (const auto& [name, control] : kControls) {
    if (name == letter) return control;
  }
  return std::nullopt;
}

bool IsAsciiLetter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsAsciiDigit(char32_t c) { return c >= '0' && c <= '9'; }

std::optional<uint32_t> HexDigit(char32_t c) {
  if (IsAsciiDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// ---- The parser ---------------------------------------------------------------------------------

struct Flags {
  bool ignore_case = false;
  bool dot_all = false;
};

// Recursive descent. The first error is kept, and ends everything.
class Parser {
 public:
  explicit Parser(std::string_view pattern) : pattern_(pattern) {}

  Result<Node> Parse() {
    Node node = Alternatives({});
    if (!error_ && !AtEnd()) Refuse(ErrorCode::kCorrupt, "a ) closes nothing");
    if (error_) return Fail(*error_);
    return node;
  }

 private:
  bool AtEnd() const { return pos_ >= pattern_.size(); }
  char32_t Peek() const { return AtEnd() ? U'\0' : CharAt(pattern_, pos_).code_point; }
  char32_t Next() {
    const Char c = CharAt(pattern_, pos_);
    pos_ += c.length;
    return c.code_point;
  }
  bool Take(std::string_view text) {
    if (!pattern_.substr(pos_).starts_with(text)) return false;
    pos_ += text.size();
    return true;
  }

  void Refuse(ErrorCode code, std::string_view why) {
    if (error_) return;
    error_ = Error(code, Cat("the regular expression ", Quote(pattern_), ": ", why));
    pos_ = pattern_.size();
  }
  void Unknown(std::string_view what) {
    Refuse(ErrorCode::kUnsupported, Cat(Quote(what), " is not known"));
  }

  // a|b|c; a (?i) without a colon holds to the end of the group, alternatives included.
  Node Alternatives(Flags flags) {
    if (++depth_ > kDeepest) Refuse(ErrorCode::kTooLarge, "groups lie too deep in each other");
    std::vector<Node> all;
    do {
      all.push_back(Sequence(flags));
    } while (!error_ && Take("|"));
    --depth_;
    return all.size() == 1 ? std::move(all[0])
                           : Node::Of(Node::Kind::kAlternatives, std::move(all));
  }

  Node Sequence(Flags& flags) {
    std::vector<Node> parts;
    while (!AtEnd() && Peek() != '|' && Peek() != ')') {
      std::optional<Node> atom = Atom(flags);
      if (error_) break;
      if (atom) parts.push_back(Quantified(*std::move(atom)));
    }
    return Node::Of(Node::Kind::kConcat, std::move(parts));
  }

  // Nothing for (?i) and comments.
  std::optional<Node> Atom(Flags& flags) {
    if (Take("(?#")) return Comment();
    if (Take("(")) return Group(flags);
    if (Take("[")) return Node::Of(BracketClass(flags));
    if (Take(".")) {
      return Node::Of(flags.dot_all ? OfRanges({}, true) : OfRanges({{'\n', '\n'}}, true));
    }
    if (Take("^")) return Node::Of(Program::Anchor::kLineBegin);
    if (Take("$")) return Node::Of(Program::Anchor::kLineEnd);
    if (Take("\\")) return Escape(flags);
    if (Peek() == '*' || Peek() == '+' || Peek() == '?') {
      Refuse(ErrorCode::kCorrupt, "a quantifier has nothing before it");
    }
    return Node::Of(Literal(Next(), flags));
  }

  std::optional<Node> Comment() {
    const size_t end = pattern_.find(')', pos_);
    if (end == std::string_view::npos) Refuse(ErrorCode::kCorrupt, "a comment does not end");
    if (!error_) pos_ = end + 1;
    return std::nullopt;
  }

  std::optional<Node> Group(Flags& flags) {
    Node node;
    if (Take("?>")) {
      node = Node::Of(Node::Kind::kAtomic, {Alternatives(flags)});
    } else if (Take("?=") || Take("?!")) {
      const bool negated = pattern_[pos_ - 1] == '!';
      node = Node::Of(Node::Kind::kLook, {Alternatives(flags)});
      node.negated = negated;
    } else if (Take("?<=") || Take("?<!")) {
      const bool negated = pattern_[pos_ - 1] == '!';
      node = LookBehind(Alternatives(flags), negated);
    } else if (Take("?<") || Take("?P<")) {
      const size_t end = pattern_.find('>', pos_);
      if (end == std::string_view::npos) Refuse(ErrorCode::kCorrupt, "a group's name does not end");
      if (error_) return node;
      pos_ = end + 1;
      node = Alternatives(flags);
    } else if (!pattern_.substr(pos_).starts_with("?:") && Take("?")) {
      return FlagGroup(flags);
    } else {
      Take("?:");
      node = Alternatives(flags);
    }
    if (!error_ && !Take(")")) Refuse(ErrorCode::kCorrupt, "a group does not end");
    return node;
  }

  // (?i:...), (?i-m), (?-i:...)
  std::optional<Node> FlagGroup(Flags& flags) {
    Flags changed = flags;
    bool on = true;
    while (!AtEnd() && Peek() != ':' && Peek() != ')') {
      const char32_t flag = Next();
      if (flag == '-') {
        on = false;
      } else if (flag == 'i') {
        changed.ignore_case = on;
      } else if (flag == 'm') {
        changed.dot_all = on;
      } else {
        std::string name = "(?";
        AppendUtf8(name, flag);
        Unknown(name);
      }
    }
    if (Take(")")) {
      flags = changed;
      return std::nullopt;
    }
    Node node;
    if (Take(":")) node = Alternatives(changed);
    if (!error_ && !Take(")")) Refuse(ErrorCode::kCorrupt, "a group does not end");
    return node;
  }

  // How many characters a node takes, where that is always the same.
  static std::optional<uint32_t> Width(const Node& node) {
    switch (node.kind) {
      case Node::Kind::kClass:
        return 1;
      case Node::Kind::kConcat: {
        uint32_t sum = 0;
        for (const Node& part : node.parts) {
          const std::optional<uint32_t> width = Width(part);
          if (!width) return std::nullopt;
          sum += *width;
        }
        return sum;
      }
      case Node::Kind::kAlternatives: {
        const std::optional<uint32_t> first = Width(node.parts[0]);
        const bool same = std::all_of(node.parts.begin(), node.parts.end(),
                                      [&](const Node& part) { return Width(part) == first; });
        return same ? first : std::nullopt;
      }
      case Node::Kind::kRepeat: {
        const std::optional<uint32_t> width = Width(node.parts[0]);
        if (!width || node.least != node.most || *width > 1) return std::nullopt;
        return node.least * *width;
      }
      case Node::Kind::kAtomic:
        return Width(node.parts[0]);
      case Node::Kind::kEmpty:
      case Node::Kind::kLook:
      case Node::Kind::kAnchor:
        break;
    }
    return 0;
  }

  // Each alternative has its own width: one of them matches, or none does.
  Node LookBehind(Node inner, bool negated) {
    std::vector<Node> alternatives;
    if (inner.kind == Node::Kind::kAlternatives) {
      alternatives = std::move(inner.parts);
    } else {
      alternatives.push_back(std::move(inner));
    }
    std::vector<Node> looks;
    for (Node& alternative : alternatives) {
      const std::optional<uint32_t> width = Width(alternative);
      if (!width) Unknown("looking behind over an open number of characters");
      Node look = Node::Of(Node::Kind::kLook, {std::move(alternative)});
      look.negated = negated;
      look.behind = true;
      look.least = width.value_or(0);
      looks.push_back(std::move(look));
    }
    return Node::Of(negated ? Node::Kind::kConcat : Node::Kind::kAlternatives, std::move(looks));
  }

  Node Quantified(Node atom) {
    for (;;) {
      Node repeat = Node::Of(Node::Kind::kRepeat, {});
      const size_t before = pos_;
      bool interval = false;
      if (Take("*")) {
        repeat.most = kNoLimit;
      } else if (Take("+")) {
        repeat.least = 1;
        repeat.most = kNoLimit;
      } else if (Take("?")) {
        repeat.most = 1;
      } else if (Take("{") && Interval(repeat)) {
        interval = true;
      } else {
        pos_ = std::min(before, pos_);
        return atom;
      }
      if (Take("?")) {
        repeat.mode = Node::Mode::kLazy;
      } else if (!interval && Take("+")) {
        repeat.mode = Node::Mode::kPossessive;
      }
      repeat.parts.push_back(std::move(atom));
      atom = std::move(repeat);
      if (error_) return atom;
    }
  }

  std::optional<uint32_t> Count() {
    if (!IsAsciiDigit(Peek())) return std::nullopt;
    uint32_t count = 0;
    while (IsAsciiDigit(Peek())) {
      count = count * 10 + (Next() - '0');
      if (count > kLargestCount) Refuse(ErrorCode::kTooLarge, "a repetition is too long");
    }
    return count;
  }

  // {2} {2,} {2,3} {,3}; a brace that begins none of them is a brace.
  bool Interval(Node& repeat) {
    const std::optional<uint32_t> least = Count();
    const bool open = Take(",");
    const std::optional<uint32_t> most = open ? Count() : least;
    if (!Take("}") || (!least && !most)) return false;
    repeat.least = least.value_or(0);
    repeat.most = most.value_or(kNoLimit);
    if (repeat.least > repeat.most)
      Refuse(ErrorCode::kCorrupt, "a repetition ends before it begins");
    return true;
  }

  CharClass Literal(char32_t c, Flags flags) {
    CharClass characters = OfRanges({{c, c}});
    if (flags.ignore_case) IgnoreCase(characters);
    return characters;
  }

  // The other case of ASCII letters, and the two characters beyond ASCII that fold to one.
  void IgnoreCase(CharClass& characters) {
    const std::vector<CharClass::Range> given = characters.ranges;
    for (const CharClass::Range& range : given) {
      for (char32_t c = range.first; c <= std::min(range.last, U'\x7F'); ++c) {
        if (!IsAsciiLetter(c)) continue;
        characters.ranges.push_back({c ^ 0x20, c ^ 0x20});
        if ((c | 0x20) == 's') characters.ranges.push_back({0x17F, 0x17F});
        if ((c | 0x20) == 'k') characters.ranges.push_back({0x212A, 0x212A});
      }
      if (range.first == range.last && range.first >= 0x80 &&
          (CharSetOf(range.first) & (kUpper | kLower)) != 0) {
        Unknown("ignoring the case of letters beyond ASCII");
      }
    }
  }

  std::optional<Node> Escape(Flags flags) {
    if (AtEnd()) {
      Refuse(ErrorCode::kCorrupt, "a backslash escapes nothing");
      return std::nullopt;
    }
    const char32_t c = Peek();
    constexpr std::pair<char32_t, Program::Anchor> kAnchors[] = {
        {'A', Program::Anchor::kTextBegin},
        {'z', Program::Anchor::kTextEnd},
        {'Z', Program::Anchor::kTextEndOrNewline},
        {'b', Program::Anchor::kWordBorder},
        {'B', Program::Anchor::kNoWordBorder}};
    for (const auto& [letter, anchor] : kAnchors) {
      if (c != letter) continue;
      Next();
      return Node::Of(anchor);
    }
    if (c == 'R') {
      Next();
      return AnyNewline();
    }
    std::optional<char32_t> character;
    CharClass characters = EscapeInClass(character);
    if (characters.kinds == kWord) {
      characters.ranges.assign(std::begin(kLatinNumeralWords), std::end(kLatinNumeralWords));
    }
    return Node::Of(character ? Literal(*character, flags) : std::move(characters));
  }

  static Node AnyNewline() {
    const auto literal = [](char32_t c) { return Node::Of(OfRanges({{c, c}})); };
    Node both = Node::Of(Node::Kind::kConcat, {literal('\r'), literal('\n')});
    Node one = Node::Of(OfRanges({{'\n', '\r'}, {0x85, 0x85}, {0x2028, 0x2029}}));
    return Node::Of(Node::Kind::kAtomic, {Node::Of(Node::Kind::kAlternatives, {both, one})});
  }

  // What follows a backslash: one character, or else a class.
  CharClass EscapeInClass(std::optional<char32_t>& character) {
    const char32_t c = Next();
    if (c == 'p' || c == 'P') return Property(c == 'P');
    if (std::optional<CharClass> known = ClassOfLetter(c)) return *std::move(known);
    character = ControlOfLetter(c);
    if (!character && (c == 'x' || c == 'u')) character = HexCharacter(c);
    if (!character && c == '0') character = 0;
    if (!character && (IsAsciiLetter(c) || IsAsciiDigit(c))) {
      std::string name = "\\";
      AppendUtf8(name, c);
      Unknown(name);
    }
    if (!character) character = c;
    return {};
  }

  // \x41, \x{1F600}, \u00E9
  char32_t HexCharacter(char32_t letter) {
    const bool braces = letter == 'x' && Take("{");
    const size_t most = braces ? 8 : letter == 'x' ? 2 : 4;
    uint32_t value = 0;
    size_t digits = 0;
    for (; digits < most; ++digits) {
      const std::optional<uint32_t> digit = HexDigit(Peek());
      if (!digit) break;
      Next();
      value = value * 16 + *digit;
    }
    const bool ended = braces ? Take("}") : letter == 'x' || digits == most;
    if (digits == 0 || !ended || value > kLastCodePoint) {
      Refuse(ErrorCode::kCorrupt, "a character's number is not one");
    }
    return value;
  }

  // \p{L}, \p{^L}, \pL
  CharClass Property(bool negated) {
    std::string_view name = pattern_.substr(pos_, 1);
    if (Take("{")) {
      const size_t end = std::min(pattern_.find('}', pos_), pattern_.size());
      name = pattern_.substr(pos_, end - pos_);
      pos_ = std::min(end + 1, pattern_.size());
    } else {
      Unknown("\\p without braces");
    }
    if (name.starts_with('^')) {
      name.remove_prefix(1);
      negated = !negated;
    }
    const std::optional<CharSet> kinds = FindCharSet(name);
    if (!kinds) Unknown(Cat("\\p{", name, "}"));
    return OfKinds(kinds.value_or(0), negated);
  }

  // Behind the bracket.
  CharClass BracketClass(Flags flags) {
    if (++depth_ > kDeepest) Refuse(ErrorCode::kTooLarge, "classes lie too deep in each other");
    const bool negated = Take("^");
    std::vector<CharClass> intersected;
    CharClass part;
    bool empty = true;
    while (!AtEnd() && Peek() != ']') {
      empty = false;
      if (Take("&&")) {
        intersected.push_back(std::exchange(part, {}));
      } else {
        ClassItem(part, flags);
      }
    }
    if (!error_ && empty) Refuse(ErrorCode::kCorrupt, "a class is empty");
    if (!error_ && !Take("]")) Refuse(ErrorCode::kCorrupt, "a class does not end");
    --depth_;
    if (!intersected.empty()) {
      intersected.push_back(std::exchange(part, {}));
      part.all_of = std::move(intersected);
    }
    part.negated = negated;
    return part;
  }

  // One character, a range of them, or a class within the class.
  void ClassItem(CharClass& into, Flags flags) {
    if (pattern_.substr(pos_).starts_with("[:")) return Unknown("[: :]");
    if (Take("[")) {
      into.any_of.push_back(BracketClass(flags));
      return;
    }
    const std::optional<char32_t> first = ClassCharacter(into);
    if (error_ || !first) return;
    char32_t last = *first;
    const std::string_view rest = pattern_.substr(pos_);
    if (rest.starts_with('-') && rest.size() > 1 && rest[1] != ']') {
      ++pos_;
      CharClass ignored;
      const std::optional<char32_t> end = Peek() == '[' ? std::nullopt : ClassCharacter(ignored);
      if (!end || *end < *first)
        return Refuse(ErrorCode::kCorrupt, "a range ends before it begins");
      last = *end;
    }
    CharClass range = OfRanges({{*first, last}});
    if (flags.ignore_case) IgnoreCase(range);
    into.ranges.insert(into.ranges.end(), range.ranges.begin(), range.ranges.end());
  }

  // Nothing where it is a class, which goes into `into`.
  std::optional<char32_t> ClassCharacter(CharClass& into) {
    if (!Take("\\")) return Next();
    if (AtEnd()) {
      Refuse(ErrorCode::kCorrupt, "a backslash escapes nothing");
      return std::nullopt;
    }
    if (Take("b")) return U'\b';
    std::optional<char32_t> character;
    CharClass characters = EscapeInClass(character);
    if (!character && !characters.negated) {
      into.kinds |= characters.kinds;
      into.ranges.insert(into.ranges.end(), characters.ranges.begin(), characters.ranges.end());
    } else if (!character) {
      into.any_of.push_back(std::move(characters));
    }
    return character;
  }

  std::string_view pattern_;
  size_t pos_ = 0;
  int depth_ = 0;
  std::optional<Error> error_;
};

}  // namespace

Result<RegexNode> ParseRegex(std::string_view pattern) { return Parser(pattern).Parse(); }

}  // namespace ingle
