// The statistical top-k: You et al., "Spark Transformer", arXiv 2506.06644, section 3.
#pragma once

#include <cstddef>

namespace ingle {

// output[i] = max(0, x[i] - (mean(x) + deviations * deviation(x))); the deviation is the standard
// deviation of the population. Where x is normally distributed, a fixed share of it is not 0.
// output may be x.
void Sparsify(const float* x, float deviations, float* output, size_t count);

}  // namespace ingle
