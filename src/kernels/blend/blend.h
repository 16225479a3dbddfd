// Weighted sums of vectors.
#pragma once

#include <cstddef>

namespace ingle {

// output = Σ weights[j] * part j, in the order of j; part j is x[j * width ...]. Each of width
// floats; output must not be x.
void Blend(const float* x, const float* weights, size_t parts, float* output, size_t width);

}  // namespace ingle
