// The names are given to the kernels by the build, see kernels/CMakeLists.txt.
#include "kernels/matmul/emulated_testing.h"

namespace ingle {

extern const PanelKernels kEmulatedAvx512Panels;
extern const PanelKernels kEmulatedAvxVnniPanels;

std::vector<MatMulKernel> EmulatedKernels() {
  auto kernels = PanelRows("emulated avx512vnni", kCpuAvx2, kEmulatedAvx512Panels);
  const auto avxvnni = PanelRows("emulated avxvnni", kCpuAvx2, kEmulatedAvxVnniPanels);
  kernels.insert(kernels.end(), avxvnni.begin(), avxvnni.end());
  return kernels;
}

}  // namespace ingle
