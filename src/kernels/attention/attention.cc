#include "kernels/attention/attention.h"

#include <algorithm>
#include <cmath>

#include "kernels/attention/arm_neon.h"
#include "kernels/attention/cache_row.h"
#include "kernels/attention/x86_amx.h"
#include "kernels/attention/x86_avx2.h"
#include "kernels/attention/x86_avx512.h"

namespace ingle {
namespace {

size_t RowsOf(const AttentionTask& task) { return task.tokens * task.group; }

// As the cache's type has it: see CodeQuery.
void TakeQuery(const AttentionTask& task, size_t t, size_t head, float* query) {
  std::copy_n(task.queries + t * task.query_stride + head * task.key_size, task.key_size, query);
  if (!IsRotated(task.type)) return;
  RotateHead(query, task.key_size);
  for (size_t at = 0; at < task.key_size; at += kCacheBlock) {
    int8_t codes[kCacheBlock];
    const float scale = CodeQuery(query + at, codes);
    for (size_t i = 0; i < kCacheBlock; ++i) query[at + i] = scale * static_cast<float>(codes[i]);
  }
}

// One query, in memory of its own: scores, and a row of the cache.
struct Query {
  const AttentionTask& task;
  size_t t;
  size_t head;
  const float* elements;
  float* row;
};

float ScoreOf(const Query& query, size_t position) {
  const AttentionTask& task = query.task;
  LoadKey(task.type, task.pages[position / kPageTokens] + task.key_offset, position % kPageTokens,
          task.key_size, query.row);
  float score = 0;
  for (size_t i = 0; i < task.key_size; ++i) score += query.elements[i] * query.row[i];
  score *= task.scale;
  if (task.softcap != 0) score = task.softcap * std::tanh(score / task.softcap);
  if (HasAttentionBias(task)) score += AttentionBias(task, query.t, query.head, position);
  return score;
}

void AddWeighted(const Query& query, size_t position, float weight, float* sums) {
  const AttentionTask& task = query.task;
  LoadValue(task.type, task.pages[position / kPageTokens] + task.value_offset,
            position % kPageTokens, task.value_size, query.row);
  for (size_t i = 0; i < task.value_size; ++i) sums[i] += weight * query.row[i];
}

void AttendRow(const AttentionTask& task, size_t t, size_t head) {
  const size_t row = t * task.group + head;
  const SeenRange seen = SeenInChunk(task, t);
  float* elements = task.scratch;
  float* scores = elements + task.key_size;
  const Query query{task, t, head, elements, scores + kAttentionChunk};
  float* sums = task.partial.sums + row * AttentionStride(task.value_size);
  std::fill_n(sums, task.value_size, 0.0f);
  TakeQuery(task, t, head, elements);
  float largest = -INFINITY;
  for (size_t i = seen.first; i < seen.last; ++i) {
    scores[i] = ScoreOf(query, task.chunk * kAttentionChunk + i);
    largest = std::fmax(largest, scores[i]);
  }
  float total = 0;
  for (size_t i = seen.first; i < seen.last; ++i) {
    const float weight = std::exp(scores[i] - largest);
    total += weight;
    AddWeighted(query, task.chunk * kAttentionChunk + i, weight, sums);
  }
  task.partial.largest[row] = largest;
  task.partial.totals[row] = total;
}

void AttentionScalar(const AttentionTask& task) {
  for (size_t t = 0; t < task.tokens; ++t) {
    for (size_t head = 0; head < task.group; ++head) AttendRow(task, t, head);
  }
}

constexpr AttentionKernel kKernels[] = {
#if defined(__x86_64__)
    {"amx", kCpuAmxBf16 | kCpuAvx512Vnni, AttentionAmx, kAttentionAmxRows, AttentionAmxScratch,
     true},
    {"avx512", kCpuAvx512Vnni, AttentionAvx512, kAttentionRows, AttentionScratch, false},
    {"avx2", kCpuAvx2, AttentionAvx2, kAttentionRows, AttentionScratch, false},
#elif defined(__aarch64__)
    {"neon", kCpuNeon, AttentionNeon, kAttentionRows, AttentionScratch, false},
#endif
    {"scalar", 0, AttentionScalar, kAttentionRows, AttentionScratch, false},
};

}  // namespace

std::span<const AttentionKernel> AttentionKernels() { return kKernels; }

std::span<const AttentionKernel> WritingAttentionKernels() {
  std::span<const AttentionKernel> kernels = kKernels;
  while (kernels.front().for_reading) kernels = kernels.subspan(1);
  return kernels;
}

// The first query sees the earliest position, the last one the latest.
ChunkRange ChunksOf(const AttentionTask& task) {
  const size_t end = AttentionEnd(task, task.tokens - 1);
  return {AttentionBegin(task, 0) / kAttentionChunk, (end + kAttentionChunk - 1) / kAttentionChunk};
}

void BeginAttention(const AttentionTask& task, const AttentionPartial& state) {
  const size_t rows = RowsOf(task);
  std::fill_n(state.sums, rows * AttentionStride(task.value_size), 0.0f);
  for (size_t row = 0; row < rows; ++row) {
    state.largest[row] = task.sinks != nullptr ? task.sinks[row % task.group] : -INFINITY;
    state.totals[row] = task.sinks != nullptr ? 1 : 0;
  }
}

void MergePartial(const AttentionTask& task, const AttentionPartial& partial,
                  const AttentionPartial& state) {
  const size_t stride = AttentionStride(task.value_size);
  for (size_t row = 0; row < RowsOf(task); ++row) {
    if (partial.totals[row] == 0) continue;
    const float largest = std::fmax(state.largest[row], partial.largest[row]);
    const float before = std::exp(state.largest[row] - largest);
    const float now = std::exp(partial.largest[row] - largest);
    state.largest[row] = largest;
    state.totals[row] = state.totals[row] * before + partial.totals[row] * now;
    float* sums = state.sums + row * stride;
    const float* more = partial.sums + row * stride;
    for (size_t i = 0; i < task.value_size; ++i) sums[i] = sums[i] * before + more[i] * now;
  }
}

void FinishAttention(const AttentionTask& task, const AttentionPartial& state) {
  for (size_t t = 0; t < task.tokens; ++t) {
    for (size_t head = 0; head < task.group; ++head) {
      const size_t row = t * task.group + head;
      const float inverse = 1 / state.totals[row];
      const float* sums = state.sums + row * AttentionStride(task.value_size);
      float* out = task.output + t * task.output_stride + head * task.value_size;
      for (size_t i = 0; i < task.value_size; ++i) out[i] = sums[i] * inverse;
      if (IsRotated(task.type)) RotateHead(out, task.value_size);
    }
  }
}

void AttendBlock(const AttentionKernel& kernel, AttentionTask task) {
  const size_t floats = PartialFloats(kernel.most_rows, task.value_size);
  const AttentionPartial state = LayPartial(task.scratch, RowsOf(task), task.value_size);
  task.partial = LayPartial(task.scratch + floats, RowsOf(task), task.value_size);
  task.scratch += 2 * floats;
  BeginAttention(task, state);
  const ChunkRange chunks = ChunksOf(task);
  for (task.chunk = chunks.first; task.chunk < chunks.last; ++task.chunk) {
    kernel.run(task);
    MergePartial(task, task.partial, state);
  }
  FinishAttention(task, state);
}

size_t BlockScratch(const AttentionKernel& kernel, size_t key_size, size_t value_size) {
  return 2 * PartialFloats(kernel.most_rows, value_size) + kernel.scratch(key_size, value_size);
}

}  // namespace ingle
