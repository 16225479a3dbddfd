// The kernels that one machine runs: the choice from every table, made once.
#pragma once

#include <array>

#include "kernels/attention/attention.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/layer_norm/layer_norm.h"
#include "kernels/matmul/matmul.h"
#include "kernels/quantize_q8/quantize_q8.h"
#include "kernels/recurrent/recurrent.h"
#include "kernels/rms_norm/rms_norm.h"
#include "kernels/rope/rope.h"
#include "kernels/round_bf16/round_bf16.h"
#include "kernels/route/route.h"
#include "kernels/sparsify/sparsify.h"

namespace ingle {

// A value type; points into the static tables.
class KernelSet {
 public:
  // The best that a machine with these features can run.
  explicit KernelSet(CpuFeatures features = UsableCpuFeatures());

  // Another kernel than the best, for tests: it has to live as long as the set.
  void Use(const MatMulKernel& kernel) { matmul_[static_cast<size_t>(kernel.weights)] = &kernel; }
  void Use(const RoundBf16Kernel& kernel) { round_bf16_ = &kernel; }
  void Use(const ElementwiseKernels& kernels) { elementwise_ = &kernels; }
  void Use(const AttentionKernel& kernel) {
    (kernel.for_reading ? reading_attention_ : writing_attention_) = &kernel;
  }

  const MatMulKernel& matmul(DType weights) const { return *matmul_[static_cast<size_t>(weights)]; }
  const QuantizeQ8Kernel& quantize_q8() const { return *quantize_q8_; }
  const RoundBf16Kernel& round_bf16() const { return *round_bf16_; }
  // For queries of a text that is read, or of what is written. Who keeps f32 in the cache wants f32
  // in the products, too: those for reading have 2^-17.
  const AttentionKernel& attention(CacheType cache, bool written) const {
    return *(written || cache == CacheType::kF32 ? writing_attention_ : reading_attention_);
  }
  const ElementwiseKernels& elementwise() const { return *elementwise_; }
  const RmsNormKernels& rms_norm() const { return *rms_norm_; }
  const LayerNormKernel& layer_norm() const { return *layer_norm_; }
  const RopeKernels& rope() const { return *rope_; }
  const RouteKernel& route() const { return *route_; }
  const SparsifyKernel& sparsify() const { return *sparsify_; }
  const RecurrentKernels& recurrent() const { return *recurrent_; }

 private:
  std::array<const MatMulKernel*, kDTypeCount> matmul_{};  // null for integers
  const QuantizeQ8Kernel* quantize_q8_;
  const RoundBf16Kernel* round_bf16_;
  const AttentionKernel* reading_attention_;
  const AttentionKernel* writing_attention_;
  const ElementwiseKernels* elementwise_;
  const RmsNormKernels* rms_norm_;
  const LayerNormKernel* layer_norm_;
  const RopeKernels* rope_;
  const RouteKernel* route_;
  const SparsifyKernel* sparsify_;
  const RecurrentKernels* recurrent_;
};

}  // namespace ingle
