#pragma once

#include "models/architecture.h"

namespace ingle {

Result<Model> BuildLlama(const Checkpoint& checkpoint);

}  // namespace ingle
