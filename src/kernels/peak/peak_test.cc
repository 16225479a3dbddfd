#include "kernels/peak/peak.h"

#include <numeric>

#include <gtest/gtest.h>

#include "base/aligned_memory.h"

namespace ingle {
namespace {

// A kernel that did fewer products than its table says would make every share of the peak a lie.
void ExpectAllProducts(std::span<const PeakKernel> kernels) {
  for (const PeakKernel& kernel : kernels) {
    if ((kernel.needs & ~UsableCpuFeatures()) != 0) continue;
    SCOPED_TRACE(kernel.name);
    for (const size_t rounds : {0, 1, 50}) {
      double sum = -1;
      kernel.run({rounds, 15, 127, &sum});
      EXPECT_EQ(sum, double(rounds * kernel.products_per_round * 15 * 127));
    }
  }
}

TEST(Peak, Int8KernelsDoWhatTheyCount) { ExpectAllProducts(Int8PeakKernels()); }

TEST(Peak, FloatKernelsDoWhatTheyCount) { ExpectAllProducts(FloatPeakKernels()); }

TEST(Peak, ReadKernelsReadEverything) {
  constexpr size_t kWords = 64 * 37;
  const AlignedMemory memory = AllocateAligned(kWords * sizeof(uint64_t));
  auto* words = reinterpret_cast<uint64_t*>(memory.get());
  for (size_t i = 0; i < kWords; ++i) words[i] = i * i * 0x9E3779B97F4A7C15;
  const uint64_t want = std::accumulate(words, words + kWords, uint64_t{0});
  for (const ReadKernel& kernel : ReadKernels()) {
    if ((kernel.needs & ~UsableCpuFeatures()) != 0) continue;
    for (const size_t ahead : {size_t{0}, size_t{1024}}) {
      uint64_t sum = 0;
      kernel.run({words, kWords, ahead, &sum});
      EXPECT_EQ(sum, want) << kernel.name;
    }
  }
}

}  // namespace
}  // namespace ingle
