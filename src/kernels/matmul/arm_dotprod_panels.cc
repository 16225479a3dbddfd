#include "kernels/matmul/arm.h"
#include "kernels/matmul/arm_dotprod_inline.h"

namespace ingle {

const PanelKernels kDotprodPanels = PanelKernelsOf<Dotprod>();

}  // namespace ingle
