#pragma once

#include <cstddef>
#include <cstdint>

namespace ingle {

// A block of one sequence's queries against its cached keys and values, for one key/value head and
// the query heads that share it.
//
// Query t of the block, counted from 0, stands at position first_position + t and sees the
// positions up to its own, or the first all_positions if that is not 0; and of them, if window is
// not 0, only those nearer than it. Head j of the group reads key_size floats at queries
// + t * query_stride + j * key_size and writes value_size floats at output + t * output_stride
// + j * value_size.
struct AttentionTask {
  const float* queries;
  size_t query_stride;
  float* output;
  size_t output_stride;

  size_t tokens;
  size_t first_position;
  size_t group;  // query heads
  size_t key_size;
  size_t value_size;
  float scale;

  size_t window;
  size_t all_positions;
  float softcap;        // scores s become softcap * tanh(s / softcap); 0: they stay
  const float* slopes;  // of each head of the group, or null: slope * distance is taken off (ALiBi)
  bool rounds_bias;     // instead, bfloat16(slope * position) * scale is added
  // Or, unless null: of each distance from query to key, from -farthest to farthest, the row of
  // biases that is added, one a head of the group; rows begin bias_stride floats apart. Those
  // farther off are like the farthest.
  const uint16_t* buckets;
  size_t farthest;
  const float* biases;
  size_t bias_stride;
  const float* sinks;  // of each head of the group, or null: a score that weighs and adds nothing

  // Page p holds positions [p * page_tokens, (p + 1) * page_tokens): rows of key_size elements at
  // key_offset bytes into it, rows of value_size elements at value_offset.
  const std::byte* const* pages;
  size_t page_tokens;
  size_t key_offset;
  size_t value_offset;
  bool half;  // elements are binary16, else f32

  float* scratch;  // AttentionScratch() floats, this worker's own
};

static inline bool HasAttentionBias(const AttentionTask& task) {
  return task.slopes != nullptr || task.buckets != nullptr;
}

// What relative positions add to a score: table[bucket of the distance].
static inline float RelativeBias(const AttentionTask& task, size_t t, size_t head,
                                 size_t position) {
  const size_t query = task.first_position + t;
  const bool ahead = position > query;
  const size_t distance = ahead ? position - query : query - position;
  const size_t near = distance < task.farthest ? distance : task.farthest;
  const size_t row = task.buckets[ahead ? task.farthest + near : task.farthest - near];
  return task.biases[row * task.bias_stride + head];
}

// What is added to a score. REQUIRES: HasAttentionBias.
static inline float AttentionBias(const AttentionTask& task, size_t t, size_t head,
                                  size_t position) {
  if (task.buckets != nullptr) return RelativeBias(task, t, head, position);
  const float at = static_cast<float>(position);
  if (!task.rounds_bias) {
    return -(task.slopes[head] * (static_cast<float>(task.first_position + t) - at));
  }
  const float bias = task.slopes[head] * at;
  uint32_t bits;
  __builtin_memcpy(&bits, &bias, sizeof(bits));
  bits = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000;  // to nearest, ties to even
  float rounded;
  __builtin_memcpy(&rounded, &bits, sizeof(rounded));
  return rounded * task.scale;
}

// The positions that query t sees are [first, end).
static inline size_t AttentionEnd(const AttentionTask& task, size_t t) {
  const size_t next = task.first_position + t + 1;
  if (task.all_positions == 0) return next;
  const size_t far = task.all_positions - next;
  return task.window != 0 && far >= task.window ? next + task.window - 1 : task.all_positions;
}
static inline size_t AttentionBegin(const AttentionTask& task, size_t t) {
  const size_t next = task.first_position + t + 1;
  return task.window != 0 && next > task.window ? next - task.window : 0;
}

// REQUIRES of every task: tokens * group <= kAttentionRows.
enum { kAttentionRows = 64 };

static inline size_t AttentionScratch(size_t page_tokens, size_t key_size, size_t value_size) {
  return page_tokens * (key_size + value_size + 1) + kAttentionRows * (value_size + 2);
}

}  // namespace ingle
