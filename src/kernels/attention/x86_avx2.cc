// Attention, AVX2. One page of keys and values is decoded to f32 and used by every query of the
// block before the next is touched (the tiling of FlashAttention, Dao et al., arXiv 2205.14135).
//
// Every row sees the pages in order and sums within a page in order, whatever block it is in.
#include "kernels/attention/x86_avx2.h"

#include "kernels/x86_avx2_inline.h"

namespace ingle {
namespace {

// What a block keeps in its scratch memory.
struct Workspace {
  float* keys;     // [page_tokens, key_size]
  float* values;   // [page_tokens, value_size]
  float* scores;   // [page_tokens]
  float* sums;     // [rows, value_size]
  float* largest;  // [rows]
  float* totals;   // [rows]
};

Workspace Lay(const AttentionTask& task) {
  const size_t rows = task.tokens * task.group;
  Workspace w;
  w.keys = task.scratch;
  w.values = w.keys + task.page_tokens * task.key_size;
  w.scores = w.values + task.page_tokens * task.value_size;
  w.sums = w.scores + task.page_tokens;
  w.largest = w.sums + rows * task.value_size;
  w.totals = w.largest + rows;
  return w;
}

void DecodeHalf(const std::byte* from, float* to, size_t count) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) _mm256_storeu_ps(to + i, LoadF16(from + 2 * i));
  for (; i < count; ++i) {
    unsigned short bits;
    __builtin_memcpy(&bits, from + 2 * i, sizeof(bits));
    to[i] = HalfToFloat(bits);
  }
}

// Rows of a page as f32: in place when they are that already.
const float* DecodePage(const AttentionTask& task, const std::byte* rows, size_t count,
                        float* buffer) {
  if (!task.half) return reinterpret_cast<const float*>(rows);
  DecodeHalf(rows, buffer, count);
  return buffer;
}

float Dot(const float* a, const float* b, size_t count) {
  __m256 even = _mm256_setzero_ps();
  __m256 odd = _mm256_setzero_ps();
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    even = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), even);
    odd = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 8), _mm256_loadu_ps(b + i + 8), odd);
  }
  float sum = SumLanes(_mm256_add_ps(even, odd));
  for (; i < count; ++i) sum = __builtin_fmaf(a[i], b[i], sum);
  return sum;
}

void Scale(float* x, float by, size_t count) {
  const __m256 factor = _mm256_set1_ps(by);
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    _mm256_storeu_ps(x + i, _mm256_mul_ps(_mm256_loadu_ps(x + i), factor));
  }
  for (; i < count; ++i) x[i] *= by;
}

void AddScaled(float* sum, const float* x, float by, size_t count) {
  const __m256 factor = _mm256_set1_ps(by);
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    _mm256_storeu_ps(sum + i,
                     _mm256_fmadd_ps(factor, _mm256_loadu_ps(x + i), _mm256_loadu_ps(sum + i)));
  }
  for (; i < count; ++i) sum[i] = __builtin_fmaf(by, x[i], sum[i]);
}

float ExpOne(float x) { return _mm256_cvtss_f32(Exp(_mm256_set1_ps(x))); }

// scores[i] = exp(scores[i] - largest); returns their sum.
float Exponentiate(float* scores, float largest, size_t count) {
  const __m256 shift = _mm256_set1_ps(largest);
  __m256 sum = _mm256_setzero_ps();
  for (size_t i = 0; i < count; i += 8) {
    const size_t left = count - i;
    const __m256i mask = FirstLanes(left < 8 ? static_cast<unsigned>(left) : 8u);
    const __m256 e = _mm256_and_ps(Exp(_mm256_sub_ps(_mm256_maskload_ps(scores + i, mask), shift)),
                                   _mm256_castsi256_ps(mask));
    _mm256_maskstore_ps(scores + i, mask, e);
    sum = _mm256_add_ps(sum, e);
  }
  return SumLanes(sum);
}

// One query head of the block against positions [begin, begin + count), whose rows are decoded.
struct PageView {
  const float* keys;
  const float* values;
  size_t begin;
  size_t count;
};

void ScorePage(const AttentionTask& task, const PageView& page, size_t t, size_t head,
               float* scores) {
  const float* query = task.queries + t * task.query_stride + head * task.key_size;
  for (size_t i = 0; i < page.count; ++i) {
    scores[i] = Dot(query, page.keys + i * task.key_size, task.key_size) * task.scale;
  }
  if (task.softcap != 0) {
    for (size_t i = 0; i < page.count; ++i) {
      scores[i] = task.softcap * __builtin_tanhf(scores[i] / task.softcap);
    }
  }
  if (HasAttentionBias(task)) {
    for (size_t i = 0; i < page.count; ++i) {
      scores[i] += AttentionBias(task, t, head, page.begin + i);
    }
  }
}

// Takes some positions of a page into one row's running softmax.
void AttendPage(const AttentionTask& task, const Workspace& w, const PageView& page, size_t t,
                size_t head) {
  const size_t row = t * task.group + head;
  float* sums = w.sums + row * task.value_size;
  ScorePage(task, page, t, head, w.scores);
  float page_largest = -__builtin_inff();
  for (size_t i = 0; i < page.count; ++i) {
    // Written so that a NaN is kept: it must reach the logits.
    page_largest = w.scores[i] <= page_largest ? page_largest : w.scores[i];
  }
  const float before = w.largest[row];
  const float largest = page_largest <= before ? before : page_largest;
  const float total = Exponentiate(w.scores, largest, page.count);
  if (largest != before) {
    const float shrink = ExpOne(before - largest);
    Scale(sums, shrink, task.value_size);
    w.totals[row] *= shrink;
    w.largest[row] = largest;
  }
  w.totals[row] += total;
  for (size_t i = 0; i < page.count; ++i) {
    AddScaled(sums, page.values + i * task.value_size, w.scores[i], task.value_size);
  }
}

void Begin(const AttentionTask& task, const Workspace& w) {
  const size_t rows = task.tokens * task.group;
  for (size_t i = 0; i < rows * task.value_size; ++i) w.sums[i] = 0;
  for (size_t row = 0; row < rows; ++row) {
    w.largest[row] = task.sinks != nullptr ? task.sinks[row % task.group] : -__builtin_inff();
    w.totals[row] = task.sinks != nullptr ? 1 : 0;
  }
}

void Finish(const AttentionTask& task, const Workspace& w) {
  for (size_t t = 0; t < task.tokens; ++t) {
    for (size_t head = 0; head < task.group; ++head) {
      const size_t row = t * task.group + head;
      const float inverse = 1.0f / w.totals[row];
      float* out = task.output + t * task.output_stride + head * task.value_size;
      for (size_t i = 0; i < task.value_size; ++i) {
        out[i] = w.sums[row * task.value_size + i] * inverse;
      }
    }
  }
}

}  // namespace

void AttentionAvx2(const AttentionTask& task) {
  const Workspace w = Lay(task);
  Begin(task, w);
  // The first query sees the earliest position, the last one the latest.
  const size_t end = AttentionEnd(task, task.tokens - 1);
  size_t begin = AttentionBegin(task, 0) / task.page_tokens * task.page_tokens;
  for (; begin < end; begin += task.page_tokens) {
    const std::byte* page = task.pages[begin / task.page_tokens];
    const size_t filled = end - begin < task.page_tokens ? end - begin : task.page_tokens;
    const float* keys = DecodePage(task, page + task.key_offset, filled * task.key_size, w.keys);
    const float* values =
        DecodePage(task, page + task.value_offset, filled * task.value_size, w.values);
    for (size_t t = 0; t < task.tokens; ++t) {
      const size_t sees_from = AttentionBegin(task, t);
      const size_t sees_to = AttentionEnd(task, t);
      const size_t first = sees_from > begin ? sees_from - begin : 0;
      const size_t last = sees_to < begin + filled ? sees_to : begin + filled;
      if (begin + first >= last) continue;
      const PageView view{keys + first * task.key_size, values + first * task.value_size,
                          begin + first, last - begin - first};
      for (size_t head = 0; head < task.group; ++head) AttendPage(task, w, view, t, head);
    }
  }
  Finish(task, w);
}

}  // namespace ingle
