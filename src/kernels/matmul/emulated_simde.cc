// The names are given to the kernels by the build, see kernels/CMakeLists.txt.
#include "kernels/matmul/emulated_testing.h"

namespace ingle {

extern const FloatKernels kEmulatedAvx512Floats;
void EmulatedMatMulBF16Amx(const MatMulTask& task);
extern const PanelKernels kEmulatedAmxTiles;
extern const PanelKernels kEmulatedAvx512Panels;
extern const PanelKernels kEmulatedAvxVnniPanels;

std::vector<MatMulKernel> EmulatedKernels() {
  std::vector<MatMulKernel> kernels;
  const auto add_all = [&](const std::vector<MatMulKernel>& rows) {
    kernels.insert(kernels.end(), rows.begin(), rows.end());
  };
  const auto add = [&](const char* name, const PanelKernels& panels) {
    add_all(PanelRows(name, kCpuAvx2, panels));
  };
  add_all(PanelRows("emulated amx", kCpuAvx2, kEmulatedAvx512Panels, kEmulatedAmxTiles));
  add("emulated avxvnni", kEmulatedAvxVnniPanels);
  add_all(FloatRows("emulated avx512", kCpuAvx2, kEmulatedAvx512Floats));
  add_all({AmxRow("emulated amx", kCpuAvx2, EmulatedMatMulBF16Amx)});
  return kernels;
}

}  // namespace ingle
