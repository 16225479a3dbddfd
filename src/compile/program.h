// What a device executes: a flat list of steps over memory that is planned to the byte.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "compile/cache_layout.h"
#include "compile/split.h"
#include "graph/graph.h"
#include "kernels/kernel_set.h"

namespace ingle {

// Where a step finds or leaves a value.
struct Operand {
  enum class Place : uint8_t {
    kNone,        // absent
    kArena,       // at offset in the arena
    kOwn,         // at offset in the memory of the worker that asks: each has the value itself
    kWeight,      // in the model's memory
    kTokens,      // what the engine brings along: i32
    kPositions,   // "
    kOutputRows,  // "
    kLogits,      // the engine's memory for the answer
  };

  Place place = Place::kNone;
  ValueType type;
  uint64_t offset = 0;     // kArena, kOwn
  uint64_t row_bytes = 0;  // from one row to the next; of floats there may be some between
  uint64_t bytes = 0;      // kArena: all of it
  uint64_t tiles = 0;      // of kQ8OrTiles: where its tiles begin, from its first row on
  // kWeight. A matrix that is multiplied lies as its kernel takes it: data are rows or panels.
  TensorView weight;
  std::vector<TensorView> experts;  // of a stack: each one's matrix

  explicit operator bool() const { return place != Place::kNone; }
};

struct Step {
  Op op = Op::kInput;
  // In the order of the operation's inputs; a MatMul's are always x, weight, bias, residual.
  std::array<Operand, 7> inputs;
  Operand output;
  Attributes attributes;
  Split split = Split::kOther;
  // kEmbed: the table is in a mapped file, and nothing but rows of it is read: what the system maps
  // around them is to be given back now and then, or long use would map the table.
  bool gives_back = false;
  // Some worker may still write what this step reads, or read what it overwrites: all wait for all.
  bool barrier_before = false;
  // The steps from this one on that are split by columns, where they are the only such ones between
  // two barriers; 0 of all others. What becomes of some columns in all of them is one worker's, but
  // no matter whose.
  uint32_t chain = 0;
  uint64_t chain_bytes = 0;  // of the weights that these read
  // This step, the next and the one after may be computed at once: two products of one input in
  // tiles, in either order, and kGlu of what they give, which nothing else reads.
  bool begins_gated = false;
  // Where the result of these three goes in tiles, instead of the last one's output, if it is of
  // tokens that are read; of others, later, by a kQuantize that is of_written.
  Operand tiles;
  bool of_written = false;
};

// Positions of a sequence between two at which Step::gives_back does so; the first is one.
constexpr int32_t kRowsBeforeGivingBack = 8;

// Steps of the engine with at most so many tokens are few: waiting for others costs more than
// doing the work of a row oneself.
constexpr uint32_t kFewTokens = 4;

struct Program {
  std::vector<Step> steps;      // for many tokens
  std::vector<Step> few_steps;  // for few: what is split by rows, each worker does and keeps
  KernelSet kernels;
  CacheLayout cache;

  uint32_t max_tokens = 0;      // of one step
  uint64_t arena_bytes = 0;     // activations of a step, exactly; 64-byte aligned
  uint64_t prompt_bytes = 0;    // of these, what `steps` touch if all tokens are read
  uint64_t own_bytes = 0;       // of each worker: values that few_steps keep; 64-byte aligned
  uint64_t scratch_floats = 0;  // of each worker
  uint64_t shared_floats = 0;   // of all workers together, whole cache lines: for attention
  uint64_t vocabulary = 0;      // columns of the logits

  // For people: one line a step, those for many tokens first.
  std::string ToText() const;
};

// Whether a batch of so many tokens and wanted rows is a few.
constexpr bool AreFew(uint64_t tokens, uint64_t outputs) {
  return tokens <= kFewTokens && outputs <= kFewTokens;
}

}  // namespace ingle
