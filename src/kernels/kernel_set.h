// The kernels that one machine runs: the choice from every table, made once.
#pragma once

#include <array>

#include "kernels/attention/attention.h"
#include "kernels/matmul/matmul.h"
#include "kernels/quantize_q8/quantize_q8.h"
#include "kernels/swiglu/swiglu.h"

namespace ingle {

// A value type; points into the static tables.
class KernelSet {
 public:
  // The best that a machine with these features can run.
  explicit KernelSet(CpuFeatures features = UsableCpuFeatures());

  const MatMulKernel& matmul(DType weights) const { return *matmul_[static_cast<size_t>(weights)]; }
  const QuantizeQ8Kernel& quantize_q8() const { return *quantize_q8_; }
  const SwiGluKernel& swiglu() const { return *swiglu_; }
  const AttentionKernel& attention() const { return *attention_; }

 private:
  std::array<const MatMulKernel*, kDTypeCount> matmul_{};  // null for integers
  const QuantizeQ8Kernel* quantize_q8_;
  const SwiGluKernel* swiglu_;
  const AttentionKernel* attention_;
};

}  // namespace ingle
