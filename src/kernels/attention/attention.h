// Softmax attention over a paged cache.
#pragma once

#include <span>

#include "kernels/attention/attention_task.h"
#include "kernels/kernel.h"

namespace ingle {

// A kernel computes the partial results of one chunk. A query's depend on nothing but the query and
// the chunk: they are bit for bit the same in any block.
struct AttentionKernel {
  const char* name;
  CpuFeatures needs;
  void (*run)(const AttentionTask&);
  size_t most_rows;                                       // tokens * group of a task
  size_t (*scratch)(size_t key_size, size_t value_size);  // floats
  // Whether it pays for many queries alone: then it is for those of a text that is read, and those
  // of what is written have another, so that both are the same however many come at once.
  bool for_reading;
};
std::span<const AttentionKernel> AttentionKernels();
std::span<const AttentionKernel> WritingAttentionKernels();  // without those for reading

// The chunks that some query of the block sees.
struct ChunkRange {
  size_t first;
  size_t last;  // past the end
};
ChunkRange ChunksOf(const AttentionTask& task);

// Partial results before the first chunk; then each chunk's go in, in order; then the softmax is
// done, and goes to the task's output. Merging running softmaxes: Milakov and Gimelshein, arXiv
// 1805.02867.
void BeginAttention(const AttentionTask& task, const AttentionPartial& state);
void MergePartial(const AttentionTask& task, const AttentionPartial& partial,
                  const AttentionPartial& state);
void FinishAttention(const AttentionTask& task, const AttentionPartial& state);

// All of it, chunk after chunk. scratch: BlockScratch() floats; chunk and partial need not be set.
void AttendBlock(const AttentionKernel& kernel, AttentionTask task);
size_t BlockScratch(const AttentionKernel& kernel, size_t key_size, size_t value_size);

}  // namespace ingle
