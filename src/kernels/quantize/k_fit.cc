#include "kernels/quantize/k_fit.h"

#include <algorithm>
#include <cmath>

#include "base/half.h"

namespace ingle {
namespace {

constexpr int kPolish = 2;             // least squares steps after the search in a sub-block
constexpr int kRefinements = 4;        // rounds of integers for factors, factors for integers
constexpr float kWorthwhile = 0.999f;  // a round that gains less is the last

// What least squares may overflow on is saturated, and what no scale could hold counts as zero.
constexpr float kLargest = 1e9f;
constexpr float kSmallest = 1e-12f;

// To the nearest integer, ties to even; for numbers below 2^22. The sum has no room for a fraction.
float Nearest(float value) { return (value + 0x1.8p23f) - 0x1.8p23f; }

// NaN gives low. In this form both comparisons are single instructions.
float Clamp(float value, float low, float high) {
  value = value > low ? value : low;
  return value < high ? value : high;
}

// Compilers may not reorder float sums, so the loops over a sub-block keep a sum for each of these
// lanes, which they can then vectorize.
constexpr int kLanes = 8;
struct Sum {
  float lane[kLanes] = {};
  float total() const {
    return ((lane[0] + lane[4]) + (lane[1] + lane[5])) +
           ((lane[2] + lane[6]) + (lane[3] + lane[7]));
  }
};

// As binary16 will hold it, but nonzero stays nonzero and finite.
float ToHalfPrecision(float value) {
  if (value == 0) return 0;
  const float magnitude = std::clamp(std::abs(value), 0x1p-24f, 65504.0f);
  return F16ToF32(F32ToF16(std::copysign(magnitude, value)));
}

float InverseOf(float scale) { return scale == 0 ? 0.0f : 1.0f / scale; }

void Saturate(const float* x, float* out) {
  for (int i = 0; i < kSuperBlock; ++i) out[i] = std::clamp(x[i], -kLargest, kLargest);
}

// ---- signed ---------------------------------------------------------------------------------

constexpr int kSignedSub = 16;

// The free scale of one sub-block. Roundings worth a try put the extreme value near the end of the
// range, on its longer or its shorter side.
float FreeScale(const float* x, float levels) {
  float extreme = 0;
  for (int i = 0; i < kSignedSub; ++i) {
    if (std::abs(x[i]) > std::abs(extreme)) extreme = x[i];
  }
  if (std::abs(extreme) < kSmallest) return 0;

  float best_gain = 0;
  float best_scale = 0;
  for (int step = -9; step <= 9; ++step) {
    const float reach = levels + 0.1f * static_cast<float>(step);
    for (const float inverse : {-reach / extreme, (reach - 1) / extreme}) {
      Sum xq_sum;
      Sum qq_sum;
      for (int i = 0; i < kSignedSub; i += kLanes) {
        for (int lane = 0; lane < kLanes; ++lane) {
          const float q = Clamp(Nearest(x[i + lane] * inverse), -levels, levels - 1);
          xq_sum.lane[lane] += x[i + lane] * q;
          qq_sum.lane[lane] += q * q;
        }
      }
      const float xq = xq_sum.total();
      const float qq = qq_sum.total();
      // Least squares: scale xq / qq takes xq^2 / qq off the squared error.
      if (qq > 0 && xq * xq > best_gain * qq) {
        best_gain = xq * xq / qq;
        best_scale = xq / qq;
      }
    }
  }
  return best_scale;
}

float SignedError(const float* x, float scale, float levels) {
  const float inverse = InverseOf(scale);
  Sum error;
  for (int i = 0; i < kSignedSub; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) {
      const float value = x[i + lane];
      const float difference = value - scale * Clamp(Nearest(value * inverse), -levels, levels - 1);
      error.lane[lane] += difference * difference;
    }
  }
  return error.total();
}

// The best integers for factor d, looked for around the free scales.
SignedFit AssignSigned(const float* x, const float* free_scales, float d, float levels,
                       float scale_levels) {
  SignedFit fit;
  fit.d = d;
  for (int sub = 0; sub < kSuperBlock / kSignedSub; ++sub) {
    const float* values = x + sub * kSignedSub;
    const float center = std::clamp(free_scales[sub] * InverseOf(d), -scale_levels, scale_levels);
    float best_error = INFINITY;
    float best = 0;
    for (int step = -1; step <= 1; ++step) {
      const float scale =
          std::clamp(Nearest(center) + static_cast<float>(step), -scale_levels, scale_levels - 1);
      const float error = SignedError(values, d * scale, levels);
      if (error < best_error) {
        best_error = error;
        best = scale;
      }
    }
    fit.error += best_error;
    fit.scales[sub] = static_cast<int8_t>(best);
    const float inverse = InverseOf(d * best);
    for (int i = 0; i < kSignedSub; ++i) {
      const float q = std::clamp(Nearest(values[i] * inverse), -levels, levels - 1);
      fit.q[sub * kSignedSub + i] = static_cast<int8_t>(q);
    }
  }
  return fit;
}

// The best factor for these integers.
float BestFactor(const float* x, const SignedFit& fit) {
  float xu = 0;
  float uu = 0;
  for (int i = 0; i < kSuperBlock; ++i) {
    const int sub = i / kSignedSub;
    const auto u = static_cast<float>(fit.scales[sub] * fit.q[i]);
    xu += x[i] * u;
    uu += u * u;
  }
  return uu > 0 ? xu / uu : 0;
}

// ---- affine ---------------------------------------------------------------------------------

// x = scale * q - min, neither negative.
struct ScaleMin {
  float scale;
  float min;
};

float Level(float value, ScaleMin fit, float inverse, float levels) {
  return Clamp(Nearest((value + fit.min) * inverse), 0.0f, levels);
}

float AffineError(const float* x, int count, ScaleMin fit, float levels) {
  const float inverse = InverseOf(fit.scale);
  Sum error;
  for (int i = 0; i < count; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) {
      const float q = Level(x[i + lane], fit, inverse, levels);
      const float difference = x[i + lane] - (fit.scale * q - fit.min);
      error.lane[lane] += difference * difference;
    }
  }
  return error.total();
}

// The least squares scale and min for some levels, and how much they take off the sum of squares.
struct Solution {
  ScaleMin fit;
  float gain;
};

// For the levels that `from`, with this inverse scale, rounds to.
Solution SolveAffine(const float* x, int count, ScaleMin from, float inverse, float levels) {
  Sum q_sums;
  Sum qq_sums;
  Sum x_sums;
  Sum xq_sums;
  for (int i = 0; i < count; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) {
      const float q = Level(x[i + lane], from, inverse, levels);
      q_sums.lane[lane] += q;
      qq_sums.lane[lane] += q * q;
      x_sums.lane[lane] += x[i + lane];
      xq_sums.lane[lane] += x[i + lane] * q;
    }
  }
  const float q_sum = q_sums.total();
  const float qq_sum = qq_sums.total();
  const float x_sum = x_sums.total();
  const float xq_sum = xq_sums.total();
  const auto n = static_cast<float>(count);
  const float determinant = n * qq_sum - q_sum * q_sum;
  if (determinant <= 0) return {from, 0};  // all levels are the same
  ScaleMin fit = {(n * xq_sum - x_sum * q_sum) / determinant,
                  (q_sum * xq_sum - qq_sum * x_sum) / determinant};
  if (fit.min < 0) fit = {xq_sum / qq_sum, 0};
  if (!(fit.scale > 0)) return {from, 0};
  return {fit, fit.scale * xq_sum - fit.min * x_sum};
}

// The free scale and min of one sub-block. Roundings worth a try spread the span of the values over
// a little less or a little more than the range of levels.
ScaleMin FreeScaleMin(const float* x, int count, float levels) {
  const float low = std::min(*std::min_element(x, x + count), 0.0f);
  const float high = *std::max_element(x, x + count);
  const float span = high - low;
  if (span < kSmallest) return {0, -low};

  const ScaleMin plain = {span / levels, -low};
  Solution best = {plain, 0};
  for (int step = -8; step <= 12; ++step) {
    const float inverse = (levels + 0.1f * static_cast<float>(step)) / span;
    const Solution tried = SolveAffine(x, count, plain, inverse, levels);
    if (tried.gain > best.gain) best = tried;
  }
  for (int i = 0; i < kPolish; ++i) {
    best = SolveAffine(x, count, best.fit, InverseOf(best.fit.scale), levels);
  }
  const bool better =
      AffineError(x, count, best.fit, levels) < AffineError(x, count, plain, levels);
  return better ? best.fit : plain;
}

AffineFit AssignAffine(const float* x, const ScaleMin* free, int sub_size, float d, float dmin,
                       float levels, float scale_levels) {
  AffineFit fit;
  fit.d = d;
  fit.dmin = dmin;
  for (int sub = 0; sub < kSuperBlock / sub_size; ++sub) {
    const float* values = x + sub * sub_size;
    const float scale_center = std::min(free[sub].scale * InverseOf(d), scale_levels);
    const float min_center = std::min(free[sub].min * InverseOf(dmin), scale_levels);
    float best_error = INFINITY;
    ScaleMin best = {0, 0};
    for (int step = 0; step < 9; ++step) {
      const int scale_step = step % 3 - 1;
      const int min_step = step / 3 - 1;
      const ScaleMin tried = {
          std::clamp(Nearest(scale_center) + static_cast<float>(scale_step), 0.0f, scale_levels),
          std::clamp(Nearest(min_center) + static_cast<float>(min_step), 0.0f, scale_levels)};
      const float error =
          AffineError(values, sub_size, {d * tried.scale, dmin * tried.min}, levels);
      if (error < best_error) {
        best_error = error;
        best = tried;
      }
    }
    fit.error += best_error;
    fit.scales[sub] = static_cast<uint8_t>(best.scale);
    fit.mins[sub] = static_cast<uint8_t>(best.min);
    const ScaleMin chosen = {d * best.scale, dmin * best.min};
    const float inverse = InverseOf(chosen.scale);
    for (int i = 0; i < sub_size; ++i) {
      fit.q[sub * sub_size + i] = static_cast<uint8_t>(Level(values[i], chosen, inverse, levels));
    }
  }
  return fit;
}

// The best two factors for these integers; scale is d, min is dmin.
ScaleMin BestFactors(const float* x, const AffineFit& fit, int sub_size) {
  float uu = 0;
  float uv = 0;
  float vv = 0;
  float xu = 0;
  float xv = 0;
  for (int i = 0; i < kSuperBlock; ++i) {
    const int sub = i / sub_size;
    const auto u = static_cast<float>(fit.scales[sub] * fit.q[i]);
    const float v = -static_cast<float>(fit.mins[sub]);
    uu += u * u;
    uv += u * v;
    vv += v * v;
    xu += x[i] * u;
    xv += x[i] * v;
  }
  const float determinant = uu * vv - uv * uv;
  if (vv == 0 && uu > 0) return {std::max(xu / uu, 0.0f), fit.dmin};
  if (determinant <= 1e-6f * uu * vv) return {fit.d, fit.dmin};
  const ScaleMin best = {(xu * vv - xv * uv) / determinant, (uu * xv - uv * xu) / determinant};
  return best.scale > 0 && best.min >= 0 ? best : ScaleMin{fit.d, fit.dmin};
}

}  // namespace

SignedFit FitSigned(const float* values, int levels, int scale_levels) {
  float x[kSuperBlock];
  Saturate(values, x);
  const auto reach = static_cast<float>(levels);
  const auto scale_reach = static_cast<float>(scale_levels);

  float scales[kSuperBlock / kSignedSub];
  float extreme = 0;
  for (int sub = 0; sub < kSuperBlock / kSignedSub; ++sub) {
    scales[sub] = FreeScale(x + sub * kSignedSub, reach);
    if (std::abs(scales[sub]) > std::abs(extreme)) extreme = scales[sub];
  }
  // The largest scale goes to the end of the longer, negative side.
  float d = ToHalfPrecision(-extreme / scale_reach);
  SignedFit best = AssignSigned(x, scales, d, reach, scale_reach);
  for (int i = 0; i < kRefinements; ++i) {
    d = ToHalfPrecision(BestFactor(x, best));
    const SignedFit next = AssignSigned(x, scales, d, reach, scale_reach);
    const bool worthwhile = next.error < kWorthwhile * best.error;
    if (next.error < best.error) best = next;
    if (!worthwhile) break;
  }
  return best;
}

AffineFit FitAffine(const float* values, int sub_size, int levels, int scale_levels) {
  float x[kSuperBlock];
  Saturate(values, x);
  const auto top = static_cast<float>(levels);
  const auto scale_top = static_cast<float>(scale_levels);

  ScaleMin free[kSuperBlock / 16];
  ScaleMin largest = {0, 0};
  for (int sub = 0; sub < kSuperBlock / sub_size; ++sub) {
    free[sub] = FreeScaleMin(x + sub * sub_size, sub_size, top);
    largest.scale = std::max(largest.scale, free[sub].scale);
    largest.min = std::max(largest.min, free[sub].min);
  }
  float d = ToHalfPrecision(largest.scale / scale_top);
  float dmin = ToHalfPrecision(largest.min / scale_top);
  AffineFit best = AssignAffine(x, free, sub_size, d, dmin, top, scale_top);
  for (int i = 0; i < kRefinements; ++i) {
    const ScaleMin factors = BestFactors(x, best, sub_size);
    d = ToHalfPrecision(factors.scale);
    dmin = ToHalfPrecision(factors.min);
    const AffineFit next = AssignAffine(x, free, sub_size, d, dmin, top, scale_top);
    const bool worthwhile = next.error < kWorthwhile * best.error;
    if (next.error < best.error) best = next;
    if (!worthwhile) break;
  }
  return best;
}

}  // namespace ingle
