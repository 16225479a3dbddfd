#include "kernels/matmul/x86.h"
#include "kernels/matmul/x86_avx512_vnni_inline.h"

namespace ingle {

const PanelKernels kAvx512Panels = PanelKernelsOf<Avx512>();

}  // namespace ingle
