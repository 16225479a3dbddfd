// Attention over a session's pages: what the devices share.
#pragma once

#include "compile/cache_layout.h"
#include "device/device.h"
#include "graph/graph.h"
#include "kernels/attention/attention.h"

namespace ingle {

// A row of keys and one of values, all heads of both, of one position of a sequence.
struct NewRow {
  const SequenceSlice& sequence;
  size_t position;
  const float* keys;
  const float* values;
};

// Writes the row's part of one head into the cache. scratch: as many floats as a head has.
void AppendHead(const CacheLayout& cache, const CacheLayout::Layer& layer, const NewRow& row,
                size_t head, float* scratch);

// Some queries of one sequence for some of the query heads that share a key/value head.
struct QueryBlock {
  const SequenceSlice* sequence;
  size_t first;  // token of the slice
  size_t tokens;
  size_t kv_head;
  size_t first_head;  // of the group
  size_t heads;

  size_t head(const AttentionAttributes& attention) const {
    return kv_head * (attention.heads / attention.kv_heads) + first_head;
  }
  size_t token() const { return sequence->first_token + first; }
};

// Where the rows of queries and answers begin, all heads of a token side by side, how many floats
// are from one row to the next, and the last input if there is one: sinks or biases.
struct AttentionOperands {
  const float* queries;
  size_t query_stride;
  float* output;
  size_t output_stride;
  const float* extra;
};

// All but the memory to work in.
AttentionTask TaskOf(const AttentionAttributes& attention, const CacheLayout& cache,
                     const QueryBlock& block, const AttentionOperands& operands);

}  // namespace ingle
