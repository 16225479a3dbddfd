#include "compile/barriers.h"

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

  bool Overlaps(const Access& other) const {
    return space == other.space && begin < other.end && other.begin < end;
  }
};

struct Accesses {
  std::vector<Access> reads;
  std::vector<Access> writes;
};

void AddOperand(const Operand& operand, uint32_t max_tokens, std::vector<Access>& accesses) {
  if (operand.place == Operand::Place::kArena) {
    accesses.push_back(
        {Access::Space::kArena, operand.offset, operand.offset + operand.row_bytes * max_tokens});
  } else if (operand.place == Operand::Place::kLogits) {
    accesses.push_back({Access::Space::kLogits, 0, 1});
  }
}

Accesses AccessesOf(const Step& step, uint32_t max_tokens) {
  Accesses accesses;
  for (const Operand& input : step.inputs) AddOperand(input, max_tokens, accesses.reads);
  AddOperand(step.output, max_tokens, accesses.writes);
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

bool AnyOverlap(const std::vector<Access>& a, const std::vector<Access>& b) {
  for (const Access& x : a) {
    for (const Access& y : b) {
      if (x.Overlaps(y)) return true;
    }
  }
  return false;
}

void Append(std::vector<Access>& to, const std::vector<Access>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

void PlaceBarriers(Program& program) {
  Accesses since_barrier;
  for (Step& step : program.steps) {
    const Accesses now = AccessesOf(step, program.max_tokens);
    step.barrier_before = AnyOverlap(now.reads, since_barrier.writes) ||
                          AnyOverlap(now.writes, since_barrier.writes) ||
                          AnyOverlap(now.writes, since_barrier.reads);
    if (step.barrier_before) since_barrier = {};
    Append(since_barrier.reads, now.reads);
    Append(since_barrier.writes, now.writes);
  }
}

}  // namespace ingle
