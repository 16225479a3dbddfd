// The names are given to the kernels by the build, see kernels/CMakeLists.txt.
#include "kernels/matmul/emulated_testing.h"

namespace ingle {

extern const PanelKernels kEmulatedAmxPanels;
extern const PanelKernels kEmulatedAvx512Panels;
extern const PanelKernels kEmulatedAvxVnniPanels;

std::vector<MatMulKernel> EmulatedKernels() {
  std::vector<MatMulKernel> kernels;
  const auto add = [&](const char* name, const PanelKernels& panels) {
    const auto rows = PanelRows(name, kCpuAvx2, panels);
    kernels.insert(kernels.end(), rows.begin(), rows.end());
  };
  add("emulated amx", kEmulatedAmxPanels);
  add("emulated avx512vnni", kEmulatedAvx512Panels);
  add("emulated avxvnni", kEmulatedAvxVnniPanels);
  return kernels;
}

}  // namespace ingle
