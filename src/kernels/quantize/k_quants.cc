// Packing. kernels/dequantize has the layouts in words.
#include "kernels/quantize/k_quants.h"

#include <cstring>

#include "base/half.h"
#include "kernels/quantize/k_fit.h"

namespace ingle {
namespace {

// Byte i of `packed` takes, `bits` at a time from the lowest, elements i, i + stride, i + 2 *
// stride
// ... of each run of stride * 8 / bits elements.
template <class Level>
void PackStrided(const Level* q, int bits, int stride, uint8_t* packed) {
  const int run = stride * 8 / bits;
  std::memset(packed, 0, static_cast<size_t>(kSuperBlock * bits / 8));
  for (int i = 0; i < kSuperBlock; ++i) {
    const int byte = i / run * stride + i % stride;
    packed[byte] = static_cast<uint8_t>(packed[byte] | q[i] << i % run / stride * bits);
  }
}

// The six-bit scales and mins of eight sub-blocks in twelve bytes.
void PackScaleMins(const AffineFit& fit, uint8_t* packed) {
  for (int i = 0; i < 4; ++i) {
    const int scale = fit.scales[i + 4];
    const int min = fit.mins[i + 4];
    packed[i] = static_cast<uint8_t>(fit.scales[i] | scale >> 4 << 6);
    packed[i + 4] = static_cast<uint8_t>(fit.mins[i] | min >> 4 << 6);
    packed[i + 8] = static_cast<uint8_t>((scale & 15) | (min & 15) << 4);
  }
}

// Splits off the bits from `shift` up into `high`; what is left stays in q.
void SplitHighBits(uint8_t* q, int shift, uint8_t* high) {
  for (int i = 0; i < kSuperBlock; ++i) {
    high[i] = static_cast<uint8_t>(q[i] >> shift);
    q[i] = static_cast<uint8_t>(q[i] & ((1 << shift) - 1));
  }
}

}  // namespace

void Encode(const float* x, BlockQ2_K& block) {
  const AffineFit fit = FitAffine(x, 16, 3, 15);
  block.d = F32ToF16(fit.d);
  block.dmin = F32ToF16(fit.dmin);
  for (int i = 0; i < kSuperBlock / 16; ++i) {
    block.scales[i] = static_cast<uint8_t>(fit.scales[i] | fit.mins[i] << 4);
  }
  PackStrided(fit.q, 2, 32, block.q);
}

void Encode(const float* x, BlockQ3_K& block) {
  const SignedFit fit = FitSigned(x, 4, 32);
  block.d = F32ToF16(fit.d);
  std::memset(block.scales, 0, sizeof(block.scales));
  for (int i = 0; i < kSuperBlock / 16; ++i) {
    const int scale = fit.scales[i] + 32;
    block.scales[i % 8] = static_cast<uint8_t>(block.scales[i % 8] | (scale & 15) << i / 8 * 4);
    uint8_t& top = block.scales[8 + i % 4];
    top = static_cast<uint8_t>(top | scale >> 4 << i / 4 * 2);
  }
  uint8_t q[kSuperBlock];
  uint8_t high[kSuperBlock];
  for (int i = 0; i < kSuperBlock; ++i) q[i] = static_cast<uint8_t>(fit.q[i] + 4);
  SplitHighBits(q, 2, high);
  PackStrided(q, 2, 32, block.q);
  PackStrided(high, 1, 32, block.high);
}

void Encode(const float* x, BlockQ4_K& block) {
  const AffineFit fit = FitAffine(x, 32, 15, 63);
  block.d = F32ToF16(fit.d);
  block.dmin = F32ToF16(fit.dmin);
  PackScaleMins(fit, block.scales);
  PackStrided(fit.q, 4, 32, block.q);
}

void Encode(const float* x, BlockQ5_K& block) {
  AffineFit fit = FitAffine(x, 32, 31, 63);
  block.d = F32ToF16(fit.d);
  block.dmin = F32ToF16(fit.dmin);
  PackScaleMins(fit, block.scales);
  uint8_t high[kSuperBlock];
  SplitHighBits(fit.q, 4, high);
  PackStrided(fit.q, 4, 32, block.q);
  PackStrided(high, 1, 32, block.high);
}

void Encode(const float* x, BlockQ6_K& block) {
  const SignedFit fit = FitSigned(x, 32, 128);
  block.d = F32ToF16(fit.d);
  std::memcpy(block.scales, fit.scales, sizeof(block.scales));
  uint8_t q[kSuperBlock];
  uint8_t high[kSuperBlock];
  for (int i = 0; i < kSuperBlock; ++i) q[i] = static_cast<uint8_t>(fit.q[i] + 32);
  SplitHighBits(q, 4, high);
  PackStrided(q, 4, 64, block.low);
  PackStrided(high, 2, 32, block.high);
}

}  // namespace ingle
