#include "kernels/attention/attention.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/half.h"
#include "kernels/attention/x86_avx2.h"

namespace ingle {
namespace {

// Element i of a cached row.
float Load(const AttentionTask& task, const std::byte* row, size_t i) {
  if (!task.half) {
    float value;
    std::memcpy(&value, row + i * sizeof(float), sizeof(value));
    return value;
  }
  uint16_t bits;
  std::memcpy(&bits, row + i * sizeof(bits), sizeof(bits));
  return F16ToF32(bits);
}

const std::byte* CachedRow(const AttentionTask& task, size_t position, size_t offset, size_t size) {
  const size_t element = task.half ? sizeof(uint16_t) : sizeof(float);
  return task.pages[position / task.page_tokens] + offset +
         position % task.page_tokens * size * element;
}

float ScoreOf(const AttentionTask& task, const float* query, size_t t, size_t head,
              size_t position) {
  const std::byte* key = CachedRow(task, position, task.key_offset, task.key_size);
  float score = 0;
  for (size_t i = 0; i < task.key_size; ++i) score += query[i] * Load(task, key, i);
  score *= task.scale;
  if (task.softcap != 0) score = task.softcap * std::tanh(score / task.softcap);
  if (HasAttentionBias(task)) score += AttentionBias(task, t, head, position);
  return score;
}

// The running softmax of Milakov and Gimelshein (arXiv 1805.02867): when a larger score turns up,
// what was summed so far is scaled down to it.
void AttendRow(const AttentionTask& task, size_t t, size_t head) {
  const float* query = task.queries + t * task.query_stride + head * task.key_size;
  float* output = task.output + t * task.output_stride + head * task.value_size;
  float largest = -INFINITY;
  float sum = 0;
  if (task.sinks != nullptr) {
    largest = task.sinks[head];
    sum = 1;
  }
  std::fill_n(output, task.value_size, 0.0f);
  for (size_t position = AttentionBegin(task, t); position < AttentionEnd(task, t); ++position) {
    const float score = ScoreOf(task, query, t, head, position);
    const float before = largest;
    largest = std::fmax(largest, score);
    const float shrink = std::exp(before - largest);
    const float weight = std::exp(score - largest);
    sum = sum * shrink + weight;
    const std::byte* value = CachedRow(task, position, task.value_offset, task.value_size);
    for (size_t i = 0; i < task.value_size; ++i) {
      output[i] = output[i] * shrink + weight * Load(task, value, i);
    }
  }
  for (size_t i = 0; i < task.value_size; ++i) output[i] /= sum;
}

void AttentionScalar(const AttentionTask& task) {
  for (size_t t = 0; t < task.tokens; ++t) {
    for (size_t head = 0; head < task.group; ++head) AttendRow(task, t, head);
  }
}

constexpr AttentionKernel kKernels[] = {
#if defined(__x86_64__)
    {"avx2", kCpuAvx2, AttentionAvx2},
#endif
    {"scalar", 0, AttentionScalar},
};

}  // namespace

std::span<const AttentionKernel> AttentionKernels() { return kKernels; }

}  // namespace ingle
