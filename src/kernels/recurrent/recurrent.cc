#include "kernels/recurrent/recurrent.h"

#include "kernels/recurrent/arm_neon.h"
#include "kernels/recurrent/scalar.h"
#include "kernels/recurrent/x86_avx2.h"

namespace ingle {
namespace {

constexpr RecurrentKernels kTable[] = {
#if defined(__x86_64__)
    {"avx2", kCpuAvx2, ShortConvAvx2, SelectiveScanAvx2, DeltaRuleAvx2},
#elif defined(__aarch64__)
    {"neon", kCpuNeon, ShortConvNeon, SelectiveScanNeon, DeltaRuleNeon},
#endif
    {"scalar", 0, ShortConvScalar, SelectiveScanScalar, DeltaRuleScalar},
};

}  // namespace

std::span<const RecurrentKernels> RecurrentTable() { return kTable; }

}  // namespace ingle
