#pragma once

#include "engine/engine.h"
#include "models/architecture.h"

namespace ingle {

// The cache type for a model when nobody chose one: no coarser than its weights.
DType DefaultCacheType(const Graph& graph);

// The length beyond which sequences turn at LongRoPE's other frequencies; 0 where there are none.
uint32_t LongContext(const Graph& graph);

// Bytes of all weights that the model reads, each once.
uint64_t WeightBytes(const Model& model);

// The first tensor that holds a value which is not a number, or nothing: to explain logits that are
// not numbers. Reads all weights.
std::optional<std::string> FindBrokenTensor(const Model& model);

}  // namespace ingle
