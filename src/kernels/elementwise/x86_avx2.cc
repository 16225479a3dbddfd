// Elementwise arithmetic, AVX2: eight elements at a time, those at the end under a mask, so that
// each is computed alike wherever it stands.
#include "kernels/elementwise/x86_avx2.h"

#include "kernels/x86_avx2_inline.h"

namespace ingle {
namespace {

__m256 Set(float x) { return _mm256_set1_ps(x); }
__m256 Negate(__m256 x) { return _mm256_xor_ps(x, Set(-0.0f)); }
__m256 Magnitude(__m256 x) { return _mm256_andnot_ps(Set(-0.0f), x); }

// x / (1 + exp(-by * x))
__m256 TimesSigmoid(__m256 x, __m256 by) {
  return _mm256_div_ps(x, _mm256_add_ps(Set(1), Exp(Negate(_mm256_mul_ps(by, x)))));
}

struct Silu {
  __m256 operator()(__m256 x) const { return TimesSigmoid(x, Set(1)); }
};

struct GeluQuick {
  __m256 operator()(__m256 x) const { return TimesSigmoid(x, Set(1.702f)); }
};

// (1 + tanh(u)) / 2 is sigmoid(2u), and loses nothing where the sum would cancel.
struct GeluTanh {
  __m256 operator()(__m256 x) const {
    const __m256 cubic = _mm256_fmadd_ps(_mm256_mul_ps(Set(0.044715f), x), x, Set(1));
    return TimesSigmoid(x, _mm256_mul_ps(Set(2 * 0.7978845608028654f), cubic));
  }
};

// x · Φ(x) = x - x · erfc(x / √2) / 2 above 0, -|x| · erfc(|x| / √2) / 2 below it.
//
// erfc(z) = exp(-z²) · R(1 / (1 + 0.33 z)), where R is a polynomial of degree 8 without a constant,
// fitted to the least relative error: 8.2e-8.
struct Gelu {
  __m256 operator()(__m256 x) const {
    const __m256 z = _mm256_mul_ps(Magnitude(x), Set(0.70710678118654752f));
    const __m256 t = _mm256_div_ps(Set(1), _mm256_fmadd_ps(Set(0.33f), z, Set(1)));
    __m256 r = Set(-0.135928471f);
    r = _mm256_fmadd_ps(r, t, Set(0.462686858f));
    r = _mm256_fmadd_ps(r, t, Set(-0.355436538f));
    r = _mm256_fmadd_ps(r, t, Set(0.412539341f));
    r = _mm256_fmadd_ps(r, t, Set(0.0450118823f));
    r = _mm256_fmadd_ps(r, t, Set(0.201923433f));
    r = _mm256_fmadd_ps(r, t, Set(0.182837308f));
    r = _mm256_fmadd_ps(r, t, Set(0.186366105f));
    const __m256 erfc = _mm256_mul_ps(_mm256_mul_ps(r, t), Exp(Negate(_mm256_mul_ps(z, z))));
    const __m256 half = _mm256_mul_ps(_mm256_mul_ps(Set(0.5f), x), erfc);
    return _mm256_blendv_ps(_mm256_sub_ps(x, half), half, x);  // by the sign of x
  }
};

// max of 0 and x, which keeps a NaN because it is the second operand.
struct Relu {
  __m256 operator()(__m256 x) const { return _mm256_max_ps(_mm256_setzero_ps(), x); }
};

struct ReluSquared {
  __m256 operator()(__m256 x) const {
    const __m256 positive = Relu()(x);
    return _mm256_mul_ps(positive, positive);
  }
};

struct Sigmoid {
  __m256 operator()(__m256 x) const {
    return _mm256_div_ps(Set(1), _mm256_add_ps(Set(1), Exp(Negate(x))));
  }
};

// Near 0 an odd polynomial with a relative error below 5e-9, elsewhere 1 - 2 / (exp(2|x|) + 1).
struct Tanh {
  __m256 operator()(__m256 x) const {
    const __m256 square = _mm256_mul_ps(x, x);
    __m256 p = Set(-0.00571702681f);
    p = _mm256_fmadd_ps(p, square, Set(0.0206505717f));
    p = _mm256_fmadd_ps(p, square, Set(-0.0537434935f));
    p = _mm256_fmadd_ps(p, square, Set(0.133314912f));
    p = _mm256_fmadd_ps(p, square, Set(-0.333332839f));
    const __m256 near = _mm256_fmadd_ps(_mm256_mul_ps(p, square), x, x);

    const __m256 magnitude = Magnitude(x);
    const __m256 power = Exp(_mm256_add_ps(magnitude, magnitude));
    const __m256 far = _mm256_sub_ps(Set(1), _mm256_div_ps(Set(2), _mm256_add_ps(power, Set(1))));
    const __m256 signed_far = _mm256_or_ps(far, _mm256_and_ps(x, Set(-0.0f)));
    return _mm256_blendv_ps(signed_far, near, _mm256_cmp_ps(magnitude, Set(0.625f), _CMP_LT_OQ));
  }
};

struct Softplus {
  __m256 operator()(__m256 x) const { return SoftplusOf(x); }
};

// Calls run(activation), which is inlined for each kind.
template <class Run>
void WithActivation(ActivationKind kind, const Run& run) {
  switch (kind) {
    case ActivationKind::kSilu:
      return run(Silu());
    case ActivationKind::kGelu:
      return run(Gelu());
    case ActivationKind::kGeluTanh:
      return run(GeluTanh());
    case ActivationKind::kGeluQuick:
      return run(GeluQuick());
    case ActivationKind::kRelu:
      return run(Relu());
    case ActivationKind::kReluSquared:
      return run(ReluSquared());
    case ActivationKind::kSigmoid:
      return run(Sigmoid());
    case ActivationKind::kTanh:
      return run(Tanh());
    case ActivationKind::kSoftplus:
      return run(Softplus());
  }
}

template <class F>
void MapBinary(const BinaryTask& task, const F& f) {
  if (task.b_step == 1) return Map(task.a, task.b, task.output, task.count, f);
  if (task.count == 0) return;
  const __m256 b = _mm256_broadcast_ss(task.b);
  Map(task.a, task.output, task.count, [&](__m256 a) { return f(a, b); });
}

// x within ±limit; a NaN stays one, for the second operand is kept then.
__m256 Hold(__m256 x, __m256 limit) {
  return _mm256_max_ps(Negate(limit), _mm256_min_ps(limit, x));
}

// Holding within infinity changes nothing.
__m256 LimitOf(float limit) { return Set(limit > 0 ? limit : __builtin_inff()); }

}  // namespace

void ActivateAvx2(const ActivateTask& task) {
  WithActivation(task.kind,
                 [&](const auto& activation) { Map(task.x, task.output, task.count, activation); });
}

void GluAvx2(const GluTask& task) {
  const bool plain = !(task.limit > 0) && task.offset == 0;
  const __m256 limit = LimitOf(task.limit);
  const __m256 offset = Set(task.offset);
  WithActivation(task.kind, [&](const auto& activation) {
    if (plain) {
      return Map(task.gate, task.up, task.output, task.count,
                 [&](__m256 gate, __m256 up) { return _mm256_mul_ps(activation(gate), up); });
    }
    Map(task.gate, task.up, task.output, task.count, [&](__m256 gate, __m256 up) {
      return _mm256_mul_ps(activation(_mm256_min_ps(limit, gate)),
                           _mm256_add_ps(Hold(up, limit), offset));
    });
  });
}

void AddAvx2(const BinaryTask& task) {
  MapBinary(task, [](__m256 a, __m256 b) { return _mm256_add_ps(a, b); });
}

void MultiplyAvx2(const BinaryTask& task) {
  MapBinary(task, [](__m256 a, __m256 b) { return _mm256_mul_ps(a, b); });
}

void ScaleAvx2(const ScaleTask& task) {
  const __m256 factor = Set(task.factor);
  const __m256 limit = LimitOf(task.limit);
  Map(task.x, task.output, task.count,
      [&](__m256 x) { return Hold(_mm256_mul_ps(x, factor), limit); });
}

void BlendAvx2(const BlendTask& task) {
  for (size_t i = 0; i < task.width; i += 8) {
    const size_t left = task.width - i;
    __m256 sum = _mm256_setzero_ps();
    for (size_t j = 0; j < task.parts; ++j) {
      const __m256 part = LoadFirst(task.x + j * task.width + i, left);
      sum = _mm256_add_ps(sum, _mm256_mul_ps(_mm256_broadcast_ss(task.weights + j), part));
    }
    StoreFirst(task.output + i, sum, left);
  }
}

}  // namespace ingle
