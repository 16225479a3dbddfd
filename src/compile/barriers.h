#pragma once

#include "compile/program.h"

namespace ingle {

// Sets barrier_before where a step needs what others of the same stretch between barriers wrote, or
// overwrites what they touch: Q, K and V, or gate and up, run without waiting in between.
void PlaceBarriers(Program& program);

}  // namespace ingle
