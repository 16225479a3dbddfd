#pragma once

#include "kernels/attention/attention_task.h"

namespace ingle {

// Keys and values of a chunk are taken apart once for a block's queries: for many of them.
constexpr size_t kAttentionAmxRows = 128;

// Queries are multiplied by so many at a time: two tiles.
constexpr size_t kAttentionAmxGroup = 32;

// Of elements, or of columns, tiles are made by so many; each as two halves of two bytes.
constexpr size_t kAttentionAmxStep = 32;
static inline size_t AttentionAmxSteps(size_t size) {
  return (size + kAttentionAmxStep - 1) / kAttentionAmxStep;
}

// Room for the chunk's keys and values, for a group's queries, scores and some of its sums, and for
// one query; and to begin at a cache line.
static inline size_t AttentionAmxScratch(size_t key_size, size_t value_size) {
  const size_t key_columns = AttentionAmxSteps(key_size) * kAttentionAmxStep;
  const size_t value_columns = AttentionAmxSteps(value_size) * kAttentionAmxStep;
  return kAttentionChunk * (key_columns + value_columns) +
         kAttentionAmxGroup * (key_columns + kScoreStride + kAttentionAmxStep) + key_columns + 16;
}

// REQUIRES: scratch has room for that, and tokens * group is at most kAttentionAmxRows.
void AttentionAmx(const AttentionTask& task);

}  // namespace ingle
