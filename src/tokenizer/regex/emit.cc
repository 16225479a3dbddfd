// From the tree of a regular expression to instructions.
#include "tokenizer/regex/node.h"

namespace ingle {
namespace {

using Node = RegexNode;
using Program = RegularExpression::Program;
using Instruction = Program::Instruction;

constexpr size_t kMostInstructions = 20000;

// Each Emit writes what a node does before it goes on at `next`, and returns where it begins.
class Emitter {
 public:
  Result<Program> Emit(const Node& node) {
    const uint32_t match = Add({.op = Program::Op::kMatch});
    program_.begin = Emit(node, match);
    if (full_) return Fail(ErrorCode::kTooLarge, "a regular expression unfolds to too much");
    return std::move(program_);
  }

 private:
  uint32_t Add(Instruction instruction) {
    if (program_.instructions.size() >= kMostInstructions) {
      full_ = true;
      return 0;
    }
    program_.instructions.push_back(instruction);
    return static_cast<uint32_t>(program_.instructions.size() - 1);
  }

  uint32_t Emit(const Node& node, uint32_t next) {
    if (full_) return 0;
    switch (node.kind) {
      case Node::Kind::kEmpty:
        break;
      case Node::Kind::kClass:
        program_.classes.push_back(node.characters);
        return Add({.op = Program::Op::kClass,
                    .next = next,
                    .index = static_cast<uint32_t>(program_.classes.size() - 1)});
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
    if (node.most == kNoLimit) {
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
  bool full_ = false;
};

}  // namespace

Result<Program> EmitRegex(const RegexNode& node) { return Emitter().Emit(node); }

}  // namespace ingle
