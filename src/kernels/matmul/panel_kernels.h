// The products with panels of one instruction set: a function for each type that has panels.
// Plain data: files compiled for one instruction set may include this.
#pragma once

#include "kernels/matmul/matmul_task.h"

namespace ingle {

struct PanelKernels {
  using Run = void (*)(const MatMulTask&);
  Run q4_0, q4_1, q5_0, q5_1, q8_0;
  Run q2_k, q3_k, q4_k, q5_k, q6_k;
  Run iq4_nl, iq4_xs, mxfp4, nvfp4;
  Run q1_0, tq1_0, tq2_0, iq1_s, iq1_m;
  Run iq2_xxs, iq2_xs, iq2_s, iq3_xxs, iq3_s;
};

}  // namespace ingle
