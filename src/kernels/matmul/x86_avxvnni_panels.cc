// Panels of quantized weights times Q8 activations, AVX-VNNI: the lanes of AVX2, products by
// vpdpbusd.
#include "kernels/matmul/x86_avx2_lanes_inline.h"

#include "kernels/matmul/panel_products_inline.h"
#include "kernels/matmul/panel_tokens_inline.h"
#include "kernels/matmul/x86.h"
#include "kernels/matmul/x86_vnni_inline.h"

namespace ingle {
namespace {

Words DotAdd(Words sums, Bytes without_sign, Bytes with_sign) {
  return _mm256_dpbusd_avx_epi32(sums, without_sign, with_sign);
}

// As many as let the sums, the weights and what comes in between fit sixteen registers.
struct AvxVnni : Vnni<DotAdd>, TokensInLanes {
  static constexpr int kFewTokens = 4;
  static constexpr int SidesAtOnce(int tokens) { return tokens <= 2 ? 2 : 1; }
  static constexpr int kTileTokens = 8;
  static constexpr int kMinimumTokens = 4;
};

}  // namespace

const PanelKernels kAvxVnniPanels = PanelKernelsOf<AvxVnni>();

}  // namespace ingle
