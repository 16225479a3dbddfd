// From the tree of a regular expression to instructions.
#include "tokenizer/regex/node.h"

namespace ingle {
namespace {

using Node = RegexNode;
using Program = RegularExpression::Program;
using Instruction = Program::Instruction;

constexpr size_t kMostInstructions = 20000;

Leads LeadsOf(const CharClass& characters) {
  Leads leads;
  for (char32_t c = 0; c < kBeyondAscii; ++c) leads[c] = characters.Has({c, 1, CharSetOf(c)});
  const auto is_ascii = [](const CharClass::Range& range) { return range.last < kBeyondAscii; };
  const bool only_ascii = !characters.negated && characters.kinds == 0 &&
                          characters.any_of.empty() && characters.all_of.empty() &&
                          std::all_of(characters.ranges.begin(), characters.ranges.end(), is_ascii);
  leads[kBeyondAscii] = !only_ascii;
  return leads;
}

// What an instruction can begin with, by what is known of those that it goes on at.
Leads LeadsOf(const Program& program, const Instruction& step) {
  switch (step.op) {
    case Program::Op::kClass:
      return program.classes[step.index].leads;
    case Program::Op::kRun:
      return program.classes[step.index].leads | program.leads[step.next];
    case Program::Op::kSplit:
      return program.leads[step.next] | program.leads[step.other];
    case Program::Op::kLook:
      if (step.negated || step.behind > 0) break;
      return program.leads[step.other] & program.leads[step.next];
    case Program::Op::kAtomic:
      // A part that can be empty begins with anything.
      return program.leads[step.other];
    case Program::Op::kAnchor:
      break;
    case Program::Op::kMatch:
      return Leads().set();
  }
  return program.leads[step.next];
}

// Loops make what an instruction begins with depend on itself: sets grow until none does.
void FindLeads(Program& program) {
  program.leads.resize(program.instructions.size());
  for (bool grown = true; grown;) {
    grown = false;
    for (size_t i = 0; i < program.instructions.size(); ++i) {
      const Leads leads = LeadsOf(program, program.instructions[i]);
      grown |= leads != program.leads[i];
      program.leads[i] = leads;
    }
  }
}

// Each Emit writes what a node does before it goes on at `next`, and returns where it begins.
class Emitter {
 public:
  Result<Program> Emit(const Node& node) {
    const uint32_t match = Add({.op = Program::Op::kMatch});
    program_.begin = Emit(node, match);
    if (full_) return Fail(ErrorCode::kTooLarge, "a regular expression unfolds to too much");
    FindLeads(program_);
    return std::move(program_);
  }

 private:
  uint32_t Add(Instruction instruction) {
    if (program_.instructions.size() >= kMostInstructions) {
      full_ = true;
      return 0;
    }
    program_.instructions.push_back(instruction);
    succeeds_.push_back(Succeeds(instruction));
    return static_cast<uint32_t>(program_.instructions.size() - 1);
  }

  // Whether it leads to a match wherever it begins.
  bool Succeeds(const Instruction& step) const {
    switch (step.op) {
      case Program::Op::kMatch:
        return true;
      case Program::Op::kRun:
        return succeeds_[step.next];
      case Program::Op::kSplit:
        return succeeds_[step.next] || succeeds_[step.other];
      default:
        return false;
    }
  }

  uint32_t Class(Program::Op op, const CharClass& characters, uint32_t next) {
    program_.classes.push_back({characters, LeadsOf(characters)});
    return Add(
        {.op = op, .next = next, .index = static_cast<uint32_t>(program_.classes.size() - 1)});
  }

  uint32_t Emit(const Node& node, uint32_t next) {
    if (full_) return 0;
    switch (node.kind) {
      case Node::Kind::kEmpty:
        break;
      case Node::Kind::kClass:
        return Class(Program::Op::kClass, node.characters, next);
      case Node::Kind::kConcat:
        for (auto part = node.parts.rbegin(); part != node.parts.rend(); ++part) {
          next = Emit(*part, next);
        }
        break;
      case Node::Kind::kAlternatives:
        return Alternatives(node, next);
      case Node::Kind::kRepeat:
        return Repeat(node, next);
      case Node::Kind::kLook:
      case Node::Kind::kAtomic:
        return Part(node, next);
      case Node::Kind::kAnchor:
        return Add({.op = Program::Op::kAnchor, .anchor = node.anchor, .next = next});
    }
    return next;
  }

  uint32_t Split(uint32_t first, uint32_t second) {
    return Add(
        {.op = Program::Op::kSplit, .next = first, .other = second, .index = program_.splits++});
  }

  uint32_t Alternatives(const Node& node, uint32_t next) {
    uint32_t begin = Emit(node.parts.back(), next);
    for (size_t i = node.parts.size() - 1; i-- > 0;)
      begin = Split(Emit(node.parts[i], next), begin);
    return begin;
  }

  uint32_t Part(const Node& node, uint32_t next) {
    const uint32_t match = Add({.op = Program::Op::kMatch});
    const bool look = node.kind == Node::Kind::kLook;
    const uint32_t part = Emit(node.parts[0], match);
    return Add({.op = look ? Program::Op::kLook : Program::Op::kAtomic,
                .negated = node.negated,
                .next = next,
                .other = part,
                .behind = node.behind ? node.least : 0});
  }

  uint32_t Repeat(const Node& node, uint32_t next) {
    if (node.mode == Node::Mode::kPossessive) {
      Node greedy = node;
      greedy.mode = Node::Mode::kGreedy;
      return Part(Node::Of(Node::Kind::kAtomic, {std::move(greedy)}), next);
    }
    const Node& part = node.parts[0];
    const bool greedy = node.mode == Node::Mode::kGreedy;
    uint32_t begin = next;
    if (node.most == kNoLimit && greedy && part.kind == Node::Kind::kClass && succeeds_[next]) {
      begin = Class(Program::Op::kRun, part.characters, next);
    } else if (node.most == kNoLimit) {
      begin = Split(next, next);
      const uint32_t body = Emit(part, begin);
      Instruction& loop = program_.instructions[begin];
      (greedy ? loop.next : loop.other) = body;
    } else {
      for (uint32_t i = node.least; i < node.most && !full_; ++i) {
        const uint32_t body = Emit(part, begin);
        begin = greedy ? Split(body, next) : Split(next, body);
      }
    }
    for (uint32_t i = 0; i < node.least && !full_; ++i) begin = Emit(part, begin);
    return begin;
  }

  Program program_;
  std::vector<bool> succeeds_;  // of each instruction
  bool full_ = false;
};

}  // namespace

Result<Program> EmitRegex(const RegexNode& node) { return Emitter().Emit(node); }

}  // namespace ingle
