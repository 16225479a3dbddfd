// Rotations, AVX2: eight pairs at a time, a head's last ones as the scalar kernel does. No fma, so
// the bits are those of the scalar kernel too.
#include "kernels/rope/x86_avx2.h"

#include "kernels/x86_avx2_inline.h"

namespace ingle {
namespace {

struct Pairs {
  __m256 a;
  __m256 b;
};

Pairs Turn(Pairs x, __m256 cosines, __m256 sines) {
  return {_mm256_sub_ps(_mm256_mul_ps(x.a, cosines), _mm256_mul_ps(x.b, sines)),
          _mm256_add_ps(_mm256_mul_ps(x.a, sines), _mm256_mul_ps(x.b, cosines))};
}

void TurnOne(const float* x, float* out, size_t a, size_t b, float cosine, float sine) {
  const float xa = x[a];
  const float xb = x[b];
  out[a] = xa * cosine - xb * sine;
  out[b] = xa * sine + xb * cosine;
}

void CopyBeyond(const RopeTask& task, const float* x, float* out) {
  if (out == x) return;
  for (size_t i = 2 * task.pairs; i < task.head_size; ++i) out[i] = x[i];
}

// The middle quarters change places: what unpacking 128 bits at a time asks for.
__m256 SwapMiddle(__m256 v) {
  return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(v), _MM_SHUFFLE(3, 1, 2, 0)));
}

}  // namespace

void RopeInterleavedAvx2(const RopeTask& task) {
  for (size_t head = 0; head < task.heads; ++head) {
    const float* x = task.x + head * task.head_size;
    float* out = task.output + head * task.head_size;
    size_t i = 0;
    for (; i + 8 <= task.pairs; i += 8) {
      const __m256 low = _mm256_loadu_ps(x + 2 * i);
      const __m256 high = _mm256_loadu_ps(x + 2 * i + 8);
      // Both in the order of pairs 0 1 4 5 2 3 6 7.
      const Pairs turned = Turn({_mm256_shuffle_ps(low, high, _MM_SHUFFLE(2, 0, 2, 0)),
                                 _mm256_shuffle_ps(low, high, _MM_SHUFFLE(3, 1, 3, 1))},
                                SwapMiddle(_mm256_loadu_ps(task.cosines + i)),
                                SwapMiddle(_mm256_loadu_ps(task.sines + i)));
      _mm256_storeu_ps(out + 2 * i, _mm256_unpacklo_ps(turned.a, turned.b));
      _mm256_storeu_ps(out + 2 * i + 8, _mm256_unpackhi_ps(turned.a, turned.b));
    }
    for (; i < task.pairs; ++i) {
      TurnOne(x, out, 2 * i, 2 * i + 1, task.cosines[i], task.sines[i]);
    }
    CopyBeyond(task, x, out);
  }
}

void RopeHalvesAvx2(const RopeTask& task) {
  for (size_t head = 0; head < task.heads; ++head) {
    const float* x = task.x + head * task.head_size;
    float* out = task.output + head * task.head_size;
    size_t i = 0;
    for (; i + 8 <= task.pairs; i += 8) {
      const Pairs turned = Turn({_mm256_loadu_ps(x + i), _mm256_loadu_ps(x + task.pairs + i)},
                                _mm256_loadu_ps(task.cosines + i), _mm256_loadu_ps(task.sines + i));
      _mm256_storeu_ps(out + i, turned.a);
      _mm256_storeu_ps(out + task.pairs + i, turned.b);
    }
    for (; i < task.pairs; ++i) {
      TurnOne(x, out, i, task.pairs + i, task.cosines[i], task.sines[i]);
    }
    CopyBeyond(task, x, out);
  }
}

}  // namespace ingle
