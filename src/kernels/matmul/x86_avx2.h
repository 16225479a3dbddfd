#pragma once

#include "kernels/matmul/matmul_task.h"

namespace ingle {

// f32 activations.
void MatMulF32Avx2(const MatMulTask& task);
void MatMulF16Avx2(const MatMulTask& task);
void MatMulBF16Avx2(const MatMulTask& task);

// Q8 activations.
void MatMulQ4_0Avx2(const MatMulTask& task);
void MatMulQ4_1Avx2(const MatMulTask& task);
void MatMulQ5_0Avx2(const MatMulTask& task);
void MatMulQ5_1Avx2(const MatMulTask& task);
void MatMulQ8_0Avx2(const MatMulTask& task);
void MatMulQ2_KAvx2(const MatMulTask& task);
void MatMulQ3_KAvx2(const MatMulTask& task);
void MatMulQ4_KAvx2(const MatMulTask& task);
void MatMulQ5_KAvx2(const MatMulTask& task);
void MatMulQ6_KAvx2(const MatMulTask& task);
void MatMulIQ4_NLAvx2(const MatMulTask& task);
void MatMulIQ4_XSAvx2(const MatMulTask& task);
void MatMulMXFP4Avx2(const MatMulTask& task);
void MatMulNVFP4Avx2(const MatMulTask& task);

}  // namespace ingle
