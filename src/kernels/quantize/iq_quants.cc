#include "kernels/quantize/iq_quants.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/half.h"

namespace ingle {
namespace {

constexpr int kRefinements = 4;        // rounds of integers for factors, factors for integers
constexpr float kWorthwhile = 0.999f;  // a round that gains less is the last
constexpr float kSmallest = 1e-12f;    // what no scale could hold counts as zero
constexpr float kLargest = 1e9f;       // least squares would overflow beyond
constexpr uint8_t kIq4Zero = 8;        // the place of the smallest value, 1

float InverseOf(float scale) { return scale == 0 ? 0.0f : 1.0f / scale; }

// As binary16 will hold it, but nonzero stays nonzero and finite.
float ToHalfPrecision(float value) {
  if (value == 0) return 0;
  const float magnitude = std::clamp(std::abs(value), 0x1p-24f, 65504.0f);
  return F16ToF32(F32ToF16(std::copysign(magnitude, value)));
}

// The places of the nearest of kIq4Values: how many midpoints between them lie below. The loops run
// over the block at stride one, so that compilers vectorize them.
void NearestIq4(const float* scaled, int* places) {
  std::fill_n(places, kBlock, 0);
  for (int step = 0; step < 15; ++step) {
    const float middle = 0.5f * static_cast<float>(kIq4Values[step] + kIq4Values[step + 1]);
    for (int i = 0; i < kBlock; ++i) places[i] += scaled[i] > middle ? 1 : 0;
  }
}

// The same, as values.
void RoundToIq4(const float* x, float inverse, float* values) {
  std::fill_n(values, kBlock, static_cast<float>(kIq4Values[0]));
  for (int step = 0; step < 15; ++step) {
    const float middle = 0.5f * static_cast<float>(kIq4Values[step] + kIq4Values[step + 1]);
    const auto rise = static_cast<float>(kIq4Values[step + 1] - kIq4Values[step]);
    for (int i = 0; i < kBlock; ++i) values[i] += x[i] * inverse > middle ? rise : 0.0f;
  }
}

// Places for a scale, and the squared error that they leave.
float AssignIq4(const float* x, float scale, uint8_t* q) {
  const float inverse = InverseOf(scale);
  float scaled[kBlock];
  for (int i = 0; i < kBlock; ++i) scaled[i] = x[i] * inverse;
  int places[kBlock];
  NearestIq4(scaled, places);
  float error = 0;
  for (int i = 0; i < kBlock; ++i) {
    q[i] = scale == 0 ? kIq4Zero : static_cast<uint8_t>(places[i]);
    const float difference = x[i] - scale * static_cast<float>(kIq4Values[q[i]]);
    error += difference * difference;
  }
  return error;
}

// The least squares scale of 32 values over a family of roundings, which put the extreme value near
// either end of the table.
float FreeScale(const float* x) {
  float extreme = 0;
  for (int i = 0; i < kBlock; ++i) {
    if (std::abs(x[i]) > std::abs(extreme)) extreme = x[i];
  }
  if (std::abs(extreme) < kSmallest) return 0;
  float best_gain = 0;
  float best_scale = 0;
  for (int step = -14; step <= 14; step += 2) {
    for (const int8_t end : {kIq4Values[0], kIq4Values[15]}) {
      const float inverse = (static_cast<float>(end) + static_cast<float>(step)) / extreme;
      float values[kBlock];
      RoundToIq4(x, inverse, values);
      float xv = 0;
      float vv = 0;
      for (int i = 0; i < kBlock; ++i) {
        xv += x[i] * values[i];
        vv += values[i] * values[i];
      }
      if (xv * xv > best_gain * vv) {
        best_gain = xv * xv / vv;
        best_scale = xv / vv;
      }
    }
  }
  return best_scale;
}

void PackNibbles(const uint8_t* q, uint8_t* packed) {
  for (int i = 0; i < kBlock / 2; ++i) {
    packed[i] = static_cast<uint8_t>(q[i] | q[i + kBlock / 2] << 4);
  }
}

constexpr int kSubs = kSuperBlock / kBlock;

struct Iq4Fit {
  float d = 0;  // a binary16 number
  int scales[kSubs] = {};
  uint8_t q[kSuperBlock] = {};
  float error = 0;
};

// The best integers for factor d, looked for around the free scales.
Iq4Fit AssignScales(const float* x, const float* free_scales, float d) {
  Iq4Fit fit;
  fit.d = d;
  for (int sub = 0; sub < kSubs; ++sub) {
    const float center = std::clamp(free_scales[sub] * InverseOf(d), -32.0f, 31.0f);
    float best_error = INFINITY;
    for (int step = -1; step <= 1; ++step) {
      const int scale = std::clamp(static_cast<int>(std::lrint(center)) + step, -32, 31);
      uint8_t q[kBlock];
      const float error = AssignIq4(x + sub * kBlock, d * static_cast<float>(scale), q);
      if (error >= best_error) continue;
      best_error = error;
      fit.scales[sub] = scale;
      std::copy_n(q, kBlock, fit.q + sub * kBlock);
    }
    fit.error += best_error;
  }
  return fit;
}

// The best factor for these integers.
float BestFactor(const float* x, const Iq4Fit& fit) {
  float xu = 0;
  float uu = 0;
  for (int i = 0; i < kSuperBlock; ++i) {
    const int product = fit.scales[i / kBlock] * kIq4Values[fit.q[i]];
    const auto u = static_cast<float>(product);
    xu += x[i] * u;
    uu += u * u;
  }
  return uu > 0 ? xu / uu : 0;
}

Iq4Fit FitSuperBlock(const float* x) {
  float scales[kSubs];
  float extreme = 0;
  for (int sub = 0; sub < kSubs; ++sub) {
    scales[sub] = FreeScale(x + sub * kBlock);
    if (std::abs(scales[sub]) > std::abs(extreme)) extreme = scales[sub];
  }
  Iq4Fit best = AssignScales(x, scales, ToHalfPrecision(-extreme / 32));
  for (int i = 0; i < kRefinements; ++i) {
    const Iq4Fit next = AssignScales(x, scales, ToHalfPrecision(BestFactor(x, best)));
    const bool worthwhile = next.error < kWorthwhile * best.error;
    if (next.error < best.error) best = next;
    if (!worthwhile) break;
  }
  return best;
}

float LargestMagnitude(const float* x, int count) {
  float largest = 0;
  for (int i = 0; i < count; ++i) largest = std::max(largest, std::abs(x[i]));
  return largest;
}

// 0, 1, 2 for the nearest of -d, 0, d; half way is away from zero.
void ToTernary(const float* x, float d, uint8_t* q) {
  const float inverse = InverseOf(d);
  for (int i = 0; i < kSuperBlock; ++i) {
    const float scaled = x[i] * inverse;
    q[i] = static_cast<uint8_t>(1 + (scaled >= 0.5f ? 1 : 0) - (scaled <= -0.5f ? 1 : 0));
  }
}

}  // namespace

void Encode(const float* x, BlockIQ4_NL& block) {
  float values[kBlock];
  for (int i = 0; i < kBlock; ++i) values[i] = std::clamp(x[i], -kLargest, kLargest);
  const float scale = ToHalfPrecision(FreeScale(values));
  uint8_t q[kBlock];
  AssignIq4(values, scale, q);
  block.d = F32ToF16(scale);
  PackNibbles(q, block.q);
}

void Encode(const float* x, BlockIQ4_XS& block) {
  float values[kSuperBlock];
  for (int i = 0; i < kSuperBlock; ++i) values[i] = std::clamp(x[i], -kLargest, kLargest);
  const Iq4Fit fit = FitSuperBlock(values);
  block = {};
  block.d = F32ToF16(fit.d);
  for (int sub = 0; sub < kSubs; ++sub) {
    const int scale = fit.scales[sub] + 32;
    uint8_t& low = block.scales_low[sub / 2];
    low = static_cast<uint8_t>(low | (scale & 15) << sub % 2 * 4);
    block.scales_high = static_cast<uint16_t>(block.scales_high | scale >> 4 << 2 * sub);
    PackNibbles(fit.q + sub * kBlock, block.q + sub * kBlock / 2);
  }
}

// A byte holds the number 0.d0d1d2d3d4 to base three as a fraction of 256, rounded up, so that
// taking digits off by multiplication finds them again.
void Encode(const float* x, BlockTQ1_0& block) {
  const float d = LargestMagnitude(x, kSuperBlock);
  uint8_t digits[kSuperBlock];
  ToTernary(x, d, digits);
  const uint8_t* next = digits;
  const auto encode = [&next](uint8_t* bytes, int count, int places) {
    for (int i = 0; i < count; ++i) {
      int number = 0;
      for (int place = 0; place < 5; ++place) {
        number = 3 * number + (place < places ? next[place * count + i] : 0);
      }
      bytes[i] = static_cast<uint8_t>((number * 256 + 242) / 243);
    }
    next += count * places;
  };
  encode(block.q, 32, 5);
  encode(block.q + 32, 16, 5);
  encode(block.last, 4, 4);
  block.d = F32ToF16(d);
}

void Encode(const float* x, BlockTQ2_0& block) {
  const float d = LargestMagnitude(x, kSuperBlock);
  uint8_t q[kSuperBlock];
  ToTernary(x, d, q);
  block = {};
  block.d = F32ToF16(d);
  for (int i = 0; i < kSuperBlock; ++i) {
    uint8_t& byte = block.q[i / 128 * 32 + i % 32];
    byte = static_cast<uint8_t>(byte | q[i] << i / 32 % 4 * 2);
  }
}

// The largest value gets the exponent of the largest number of E2M1, 6 = 2^2 * 1.5.
void Encode(const float* x, BlockMXFP4& block) {
  const float largest = LargestMagnitude(x, kBlock);
  const int exponent = largest > 0 ? std::clamp(std::ilogb(largest) - 2 + 127, 0, 254) : 0;
  block.scale = static_cast<uint8_t>(exponent);
  const float scale = std::ldexp(1.0f, exponent - 128);
  uint8_t q[kBlock];
  for (int i = 0; i < kBlock; ++i) {
    q[i] = 0;
    float least = INFINITY;
    for (uint8_t place = 0; place < 16; ++place) {
      const float error = std::abs(scale * static_cast<float>(kFp4Values[place]) - x[i]);
      if (error < least) {
        least = error;
        q[i] = place;
      }
    }
  }
  PackNibbles(q, block.q);
}

}  // namespace ingle
