// Arithmetic that meets each element alone. Work may be split anywhere: an element is computed in
// the same way wherever it stands.
#pragma once

#include <span>

#include "kernels/elementwise/elementwise_task.h"
#include "kernels/kernel.h"

namespace ingle {

struct ElementwiseKernels {
  const char* name;
  CpuFeatures needs;
  void (*activate)(const ActivateTask&);
  void (*glu)(const GluTask&);
  void (*add)(const BinaryTask&);
  void (*multiply)(const BinaryTask&);
  void (*scale)(const ScaleTask&);
  void (*blend)(const BlendTask&);
};

// Sums, products and blends have the same bits in every row of the table; activations differ by a
// few units in the last place.
std::span<const ElementwiseKernels> ElementwiseTable();

}  // namespace ingle
