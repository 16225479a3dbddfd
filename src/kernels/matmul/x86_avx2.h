#pragma once

#include "kernels/matmul/matmul_task.h"

namespace ingle {

// f32 activations.
void MatMulF32Avx2(const MatMulTask& task);
void MatMulF16Avx2(const MatMulTask& task);
void MatMulBF16Avx2(const MatMulTask& task);

// Q8 activations, weights in panels.
void MatMulPanelsQ4_0Avx2(const MatMulTask& task);
void MatMulPanelsQ4_1Avx2(const MatMulTask& task);
void MatMulPanelsQ5_0Avx2(const MatMulTask& task);
void MatMulPanelsQ5_1Avx2(const MatMulTask& task);
void MatMulPanelsQ8_0Avx2(const MatMulTask& task);
void MatMulPanelsQ2_KAvx2(const MatMulTask& task);
void MatMulPanelsQ3_KAvx2(const MatMulTask& task);
void MatMulPanelsQ4_KAvx2(const MatMulTask& task);
void MatMulPanelsQ5_KAvx2(const MatMulTask& task);
void MatMulPanelsQ6_KAvx2(const MatMulTask& task);
void MatMulPanelsIQ4_NLAvx2(const MatMulTask& task);
void MatMulPanelsIQ4_XSAvx2(const MatMulTask& task);
void MatMulPanelsMXFP4Avx2(const MatMulTask& task);
void MatMulPanelsNVFP4Avx2(const MatMulTask& task);

}  // namespace ingle
