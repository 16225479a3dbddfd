#pragma once

#include <cstddef>

namespace ingle {

// output[i] = gate[i] / (1 + exp(-gate[i])) * up[i]. output may be gate or up.
struct SwiGluTask {
  const float* gate;
  const float* up;
  float* output;
  size_t count;
};

}  // namespace ingle
