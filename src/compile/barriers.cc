#include "compile/barriers.h"

#include <algorithm>
#include <span>
#include <vector>

namespace ingle {
namespace {

// A stretch of memory that a step reads or writes. Caches, logits and what attention shares are
// told apart from the arena by their space.
struct Access {
  enum class Space : uint8_t { kArena, kCache, kLogits, kShared };
  Space space;
  uint64_t begin;
  uint64_t end;
  // Which part of it each worker touches, and of what value. kOther: not known.
  Split split = Split::kOther;
  ValueType type{};

  bool Overlaps(const Access& other) const {
    return space == other.space && begin < other.end && other.begin < end;
  }
  // Whether each worker touches only what it touches of the other too.
  bool IsSharedLike(const Access& other) const {
    return split != Split::kOther && split == other.split && begin == other.begin &&
           end == other.end && type == other.type;
  }
};

struct Accesses {
  std::vector<Access> reads;
  std::vector<Access> writes;
};

void AddOperand(const Operand& operand, Split split, std::vector<Access>& accesses) {
  if (operand.place == Operand::Place::kArena) {
    accesses.push_back({Access::Space::kArena, operand.offset, operand.offset + operand.bytes,
                        split, operand.type});
  } else if (operand.place == Operand::Place::kLogits) {
    accesses.push_back({Access::Space::kLogits, 0, 1});
  }
}

// Which part of its input a worker reads to compute its part of the output.
Split SplitOfInput(const Step& step, size_t input) {
  if (step.op == Op::kMatMul && input == 0) return Split::kOther;  // all columns
  if (step.op == Op::kSelectRows) return Split::kOther;            // other rows
  // For itself each worker reads all that it has not got.
  if (step.output.place == Operand::Place::kOwn) return Split::kOther;
  if (step.split == Split::kColumns &&
      step.inputs[input].type.columns != step.output.type.columns) {
    return Split::kOther;
  }
  return step.split;
}

Accesses AccessesOf(const Step& step) {
  Accesses accesses;
  for (size_t i = 0; i < step.inputs.size(); ++i) {
    AddOperand(step.inputs[i], SplitOfInput(step, i), accesses.reads);
  }
  AddOperand(step.output, step.split, accesses.writes);
  AddOperand(step.tiles, Split::kOther, accesses.writes);
  if (step.op == Op::kCacheAppend || step.op == Op::kAttend) {
    const auto& attention = std::get<AttentionAttributes>(step.attributes);
    const Access cache{Access::Space::kCache, attention.state, uint64_t{attention.state} + 1};
    if (step.op == Op::kAttend) accesses.writes.push_back({Access::Space::kShared, 0, 1});
    if (step.op == Op::kCacheAppend) accesses.writes.push_back(cache);
    // A source stays as it is throughout the step.
    if (step.op == Op::kAttend && !attention.of_source) accesses.reads.push_back(cache);
  }
  return accesses;
}

bool AnyConflict(const std::vector<Access>& a, const std::vector<Access>& b) {
  for (const Access& x : a) {
    for (const Access& y : b) {
      if (x.Overlaps(y) && !x.IsSharedLike(y)) return true;
    }
  }
  return false;
}

void Append(std::vector<Access>& to, const std::vector<Access>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

// Marks the chain of a stretch, if there is one.
void MarkChain(std::span<Step> stretch) {
  const auto by_columns = [](const Step& step) { return step.split == Split::kColumns; };
  const auto begin = std::find_if(stretch.begin(), stretch.end(), by_columns);
  const auto end = std::find_if_not(begin, stretch.end(), by_columns);
  if (begin == end || std::any_of(end, stretch.end(), by_columns)) return;
  begin->chain = static_cast<uint32_t>(end - begin);
  for (auto step = begin; step != end; ++step) {
    if (step->op == Op::kMatMul) begin->chain_bytes += step->inputs[1].weight.bytes();
  }
}

}  // namespace

void PlaceBarriers(std::vector<Step>& steps) {
  Accesses since_barrier;
  for (Step& step : steps) {
    const Accesses now = AccessesOf(step);
    step.barrier_before = AnyConflict(now.reads, since_barrier.writes) ||
                          AnyConflict(now.writes, since_barrier.writes) ||
                          AnyConflict(now.writes, since_barrier.reads);
    if (step.barrier_before) since_barrier = {};
    Append(since_barrier.reads, now.reads);
    Append(since_barrier.writes, now.writes);
  }
}

void FindChains(std::vector<Step>& steps) {
  const auto begins = [](const Step& step) { return step.barrier_before; };
  for (std::span<Step> left = steps; !left.empty();) {
    const auto end = std::find_if(left.begin() + 1, left.end(), begins);
    const auto count = static_cast<size_t>(end - left.begin());
    MarkChain(left.first(count));
    left = left.subspan(count);
  }
}

}  // namespace ingle
