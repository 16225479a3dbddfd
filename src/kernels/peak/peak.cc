#include "kernels/peak/peak.h"

#include "kernels/peak/arm.h"
#include "kernels/peak/x86.h"

namespace ingle {
namespace {

constexpr size_t kLanes = 16;

void Int8Scalar(const PeakTask& task) {
  int32_t sums[kLanes];
  volatile int32_t zero = 0;  // not known to the compiler, or equal sums would be computed once
  for (int32_t& sum : sums) sum = zero;
  volatile int8_t left = task.left;
  for (size_t round = 0; round < task.rounds; ++round) {
    const int8_t factor = left;  // read anew, or there would be one product in all
    for (int32_t& sum : sums) sum += factor * task.right;
  }
  *task.sum = 0;
  for (const int32_t sum : sums) *task.sum += sum;
}

void FloatScalar(const PeakTask& task) {
  float sums[kLanes];
  volatile float zero = 0;
  for (float& sum : sums) sum = zero;
  volatile float left = task.left;
  const float right = task.right;
  for (size_t round = 0; round < task.rounds; ++round) {
    const float factor = left;
    for (float& sum : sums) sum += factor * right;
  }
  *task.sum = 0;
  for (const float sum : sums) *task.sum += sum;
}

void ReadScalar(const ReadTask& task) {
  uint64_t sums[8] = {};
  for (size_t i = 0; i < task.count; i += 8) {
    __builtin_prefetch(reinterpret_cast<const char*>(task.words + i) + task.ahead);
    for (size_t lane = 0; lane < 8; ++lane) sums[lane] += task.words[i + lane];
  }
  *task.sum = 0;
  for (const uint64_t sum : sums) *task.sum += sum;
}

constexpr PeakKernel kInt8Kernels[] = {
#if defined(__x86_64__)
    {{"amx", kCpuAmxInt8, Int8PeakAmx}, kAmxProducts},
    {{"avx512vnni", kCpuAvx512Vnni, Int8PeakAvx512Vnni}, kAvx512VnniProducts},
    {{"avxvnni", kCpuAvxVnni, Int8PeakAvxVnni}, kAvxVnniProducts},
    {{"avx2", kCpuAvx2, Int8PeakAvx2}, kAvx2Products},
#elif defined(__aarch64__)
    {{"i8mm", kCpuI8mm, Int8PeakI8mm}, kI8mmProducts},
    {{"dotprod", kCpuDotprod, Int8PeakDotprod}, kDotprodProducts},
#endif
    {{"scalar", 0, Int8Scalar}, kLanes},
};

constexpr PeakKernel kFloatKernels[] = {
#if defined(__x86_64__)
    {{"avx512", kCpuAvx512Vnni, FloatPeakAvx512}, kAvx512FloatProducts},
    {{"avx2", kCpuAvx2, FloatPeakAvx2}, kAvx2FloatProducts},
#elif defined(__aarch64__)
    {{"neon", kCpuNeon, FloatPeakNeon}, kNeonFloatProducts},
#endif
    {{"scalar", 0, FloatScalar}, kLanes},
};

constexpr ReadKernel kReadKernels[] = {
#if defined(__x86_64__)
    {"avx2", kCpuAvx2, ReadAvx2},
#elif defined(__aarch64__)
    {"neon", kCpuNeon, ReadNeon},
#endif
    {"scalar", 0, ReadScalar},
};

}  // namespace

std::span<const PeakKernel> Int8PeakKernels() { return kInt8Kernels; }
std::span<const PeakKernel> FloatPeakKernels() { return kFloatKernels; }
std::span<const ReadKernel> ReadKernels() { return kReadKernels; }

}  // namespace ingle
