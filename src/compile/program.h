// What a device executes: a flat list of steps over memory that is planned to the byte.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "compile/cache_layout.h"
#include "graph/graph.h"
#include "kernels/kernel_set.h"

namespace ingle {

// Where a step finds or leaves a value.
struct Operand {
  enum class Place : uint8_t {
    kNone,        // absent
    kArena,       // at offset in the arena
    kWeight,      // in the model's memory
    kTokens,      // what the engine brings along: i32
    kPositions,   // "
    kOutputRows,  // "
    kLogits,      // the engine's memory for the answer
  };

  Place place = Place::kNone;
  ValueType type;
  uint64_t offset = 0;     // kArena
  uint64_t row_bytes = 0;  // from one row to the next
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
  // Some worker may still write what this step reads, or read what it overwrites: all wait for all.
  bool barrier_before = false;
};

struct Program {
  std::vector<Step> steps;
  KernelSet kernels;
  CacheLayout cache;

  uint32_t max_tokens = 0;      // of one step
  uint64_t arena_bytes = 0;     // activations of a step, exactly; 64-byte aligned
  uint64_t scratch_floats = 0;  // of each worker
  uint64_t shared_floats = 0;   // of all workers together, whole cache lines: for attention
  uint64_t vocabulary = 0;      // columns of the logits

  // For people: one line a step.
  std::string ToText() const;
};

}  // namespace ingle
