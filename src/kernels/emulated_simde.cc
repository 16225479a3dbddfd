// The names are given to the kernels by the build, see kernels/CMakeLists.txt.
#include "kernels/attention/x86_amx.h"
#include "kernels/emulated_testing.h"

namespace ingle {

extern const FloatKernels kEmulatedAvx512Floats;
void EmulatedMatMulBF16Amx(const MatMulTask& task);
extern const PanelKernels kEmulatedAmxTiles;
extern const PanelKernels kEmulatedAvx512Panels;
extern const PanelKernels kEmulatedAvxVnniPanels;
void EmulatedAttentionAmx(const AttentionTask& task);
void EmulatedAttentionAvx512(const AttentionTask& task);
void EmulatedActivateAvx512(const ActivateTask& task);
void EmulatedGluAvx512(const GluTask& task);
void EmulatedAddAvx512(const BinaryTask& task);
void EmulatedMultiplyAvx512(const BinaryTask& task);
void EmulatedScaleAvx512(const ScaleTask& task);
void EmulatedBlendAvx512(const BlendTask& task);
void EmulatedRoundBf16Avx512(const RoundBf16Task& task);

namespace {

std::vector<MatMulKernel> MatMuls() {
  std::vector<MatMulKernel> kernels;
  const auto add_all = [&](const std::vector<MatMulKernel>& rows) {
    kernels.insert(kernels.end(), rows.begin(), rows.end());
  };
  add_all(PanelRows("emulated amx", kCpuAvx2, kEmulatedAvx512Panels, kEmulatedAmxTiles));
  add_all(PanelRows("emulated avxvnni", kCpuAvx2, kEmulatedAvxVnniPanels));
  add_all(FloatRows("emulated avx512", kCpuAvx2, kEmulatedAvx512Floats));
  add_all({AmxRow("emulated amx", kCpuAvx2, EmulatedMatMulBF16Amx)});
  return kernels;
}

}  // namespace

const EmulatedKernels& Emulated() {
  static const EmulatedKernels kernels{
      MatMuls(),
      {{"emulated amx", kCpuAvx2, EmulatedAttentionAmx, kAttentionAmxRows, AttentionAmxScratch,
        true},
       {"emulated avx512", kCpuAvx2, EmulatedAttentionAvx512, kAttentionRows, AttentionScratch,
        false}},
      {{"emulated avx512", kCpuAvx2, EmulatedActivateAvx512, EmulatedGluAvx512, EmulatedAddAvx512,
        EmulatedMultiplyAvx512, EmulatedScaleAvx512, EmulatedBlendAvx512}},
      {{"emulated avx512", kCpuAvx2, EmulatedRoundBf16Avx512}}};
  return kernels;
}

}  // namespace ingle
