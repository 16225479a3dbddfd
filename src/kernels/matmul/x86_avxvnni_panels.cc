// Panels of quantized weights times Q8 activations, AVX-VNNI: the lanes of AVX2, products by
// vpdpbusd.
#include "kernels/matmul/x86_avx2_lanes_inline.h"

#include "kernels/matmul/panel_tokens_inline.h"
#include "kernels/matmul/x86.h"
#include "kernels/matmul/x86_vnni_inline.h"

namespace ingle {
namespace {

Words DotAdd(Words sums, Bytes without_sign, Bytes with_sign) {
  return _mm256_dpbusd_avx_epi32(sums, without_sign, with_sign);
}

struct AvxVnni : Vnni<DotAdd>, EightLanes {};

}  // namespace

const PanelKernels kAvxVnniPanels = PanelKernelsOf<AvxVnni>();

}  // namespace ingle
