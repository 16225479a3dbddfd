#include "kernels/peak/arm.h"
#include "kernels/peak/arm_int8_inline.h"

namespace ingle {

void Int8PeakI8mm(const PeakTask& task) {
  Int8Peak(task, [](int32x4_t sums, int8x16_t left, int8x16_t right) {
    return vmmlaq_s32(sums, left, right);
  });
}

}  // namespace ingle
