#include "kernels/round_bf16/round_bf16.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/bf16_tiles.h"
#include "kernels/round_bf16/x86_avx512.h"

namespace ingle {
namespace {

constexpr uint16_t kNaN = 0x7FC0;

uint16_t Rounded(float x) {
  if (std::isnan(x)) return kNaN;
  return static_cast<uint16_t>((std::bit_cast<uint32_t>(x) + 0x8000u) >> 16);
}

void RoundBf16Scalar(const RoundBf16Task& task) {
  std::byte* tile = task.output;
  for (size_t column = 0; column < task.columns; column += kBf16TileColumns) {
    uint16_t rounded[kBf16TileColumns];
    for (size_t i = 0; i < kBf16TileColumns; ++i) rounded[i] = Rounded(task.input[column + i]);
    std::memcpy(tile, rounded, sizeof(rounded));
    tile += kBf16TileBytes;
  }
}

constexpr RoundBf16Kernel kKernels[] = {
#if defined(__x86_64__)
    {"avx512", kCpuAvx512Vnni, RoundBf16Avx512},
#endif
    {"scalar", 0, RoundBf16Scalar},
};

}  // namespace

std::span<const RoundBf16Kernel> RoundBf16Kernels() { return kKernels; }

}  // namespace ingle
