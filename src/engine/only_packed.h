// Matrices that nobody reads once they are laid out. If besides they are in memory only for that,
// repacked from what files hold (AWQ, GPTQ, MXFP4), they would be there twice ever after.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace ingle {

// Those of `packed` that nothing in the graphs reads but as the whole matrix that is packed.
std::vector<TensorView> FindOnlyPacked(const std::vector<const Graph*>& graphs,
                                       const std::vector<TensorView>& packed);

}  // namespace ingle
