#pragma once

#include "compile/program.h"

namespace ingle {

// Sets barrier_before where a step needs what others of the same stretch between barriers wrote, or
// overwrites what they touch: Q, K and V run without waiting in between, and so do gate, up and
// what is computed of the two, whose columns are shared alike.
void PlaceBarriers(std::vector<Step>& steps);

// Sets chain and chain_bytes, of steps whose barriers are placed.
void FindChains(std::vector<Step>& steps);

}  // namespace ingle
