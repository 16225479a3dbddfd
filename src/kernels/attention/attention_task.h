#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/attention/cache_page.h"

namespace ingle {

// Positions are attended to in chunks of this many. What a chunk gives a query is a partial result,
// computed by itself; the partial results are merged in order (attention.h). So workers may share
// one query's positions, and its result stays the same bit for bit.
constexpr size_t kAttentionChunk = 256;

// Of a task of most kernels, tokens * group is at most this.
constexpr size_t kAttentionRows = 48;

// Partial results of rows = tokens * group queries, row t * group + j that of head j at token t:
// with largest the largest score s, totals is the sum of exp(s - largest), sums that of
// exp(s - largest) * value. A query that sees nothing has a total of 0, and no more than that.
struct AttentionPartial {
  float* sums;  // [rows, AttentionStride(value_size)]
  float* largest;
  float* totals;
};

// A block of one sequence's queries against one chunk of its cached keys and values, for one
// key/value head and the query heads that share it.
//
// Query t of the block, counted from 0, stands at position first_position + t and sees the
// positions up to its own, or the first all_positions if that is not 0; and of them, if window is
// not 0, only those nearer than it. Head j of the group reads key_size floats at queries
// + t * query_stride + j * key_size, and its answer is value_size floats at output
// + t * output_stride + j * value_size.
struct AttentionTask {
  const float* queries;
  size_t query_stride;
  float* output;  // written by FinishAttention
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

  // Page p holds positions [p * kPageTokens, (p + 1) * kPageTokens), the head's keys at key_offset
  // bytes into it, its values at value_offset, as cache_page.h lays them out.
  const std::byte* const* pages;
  CacheType type;
  size_t key_offset;
  size_t value_offset;

  size_t chunk;  // the positions from chunk * kAttentionChunk on
  AttentionPartial partial;
  float* scratch;  // as many floats as the kernel wants, this worker's own
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

// The positions of the task's chunk that query t sees, counted from the chunk's first.
struct SeenRange {
  size_t first;
  size_t last;  // past the end; first or less where it sees nothing
};
static inline SeenRange SeenInChunk(const AttentionTask& task, size_t t) {
  const size_t from = task.chunk * kAttentionChunk;
  const size_t begin = AttentionBegin(task, t);
  const size_t end = AttentionEnd(task, t);
  const size_t last = end > from ? end - from : 0;
  return {begin > from ? begin - from : 0, last < kAttentionChunk ? last : kAttentionChunk};
}

// Floats from the sums of one row to those of the next: whole vectors.
static inline size_t AttentionStride(size_t value_size) { return (value_size + 15) / 16 * 16; }

// Floats of the partial results of so many rows.
static inline size_t PartialFloats(size_t rows, size_t value_size) {
  return rows * (AttentionStride(value_size) + 2);
}
static inline AttentionPartial LayPartial(float* memory, size_t rows, size_t value_size) {
  float* largest = memory + rows * AttentionStride(value_size);
  return {memory, largest, largest + rows};
}

// What most kernels want: the block's queries, its scores with some room between rows, those of
// another tile, a page as floats and as codes.
constexpr size_t kScoreStride = kAttentionChunk + 16;
constexpr size_t kAttentionTileRows = 12;
static inline size_t PageFloats(size_t key_size, size_t value_size) {
  const size_t stride = AttentionStride(value_size);
  return kPageTokens * (key_size > stride ? key_size : stride);
}
static inline size_t AttentionScratch(size_t key_size, size_t value_size) {
  return kAttentionRows * key_size + (kAttentionRows + kAttentionTileRows) * kScoreStride +
         PageFloats(key_size, value_size) * 5 / 4;
}

}  // namespace ingle
