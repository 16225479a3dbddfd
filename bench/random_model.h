// Model files with random weights: as fast and as large as the real ones, and nobody's property.
#pragma once

#include <string>

#include "base/error.h"
#include "compress/quantization_mix.h"
#include "standard_shape.h"

namespace ingle {

// Writes a GGUF file that Ingle, llama.cpp and its relatives load: the shape's metadata, a
// synthetic vocabulary, and tensors of the types that the mix gives them. The same arguments give
// the same bytes on every machine.
//
// Weights come from a pool of a million random numbers, encoded once a type; a tensor is the pool,
// repeated, from some block of it on. No number of blocks a row divides the pool's, so rows differ.
// Their size is such that activations stay tame.
//
// Needs memory for the pool only, whatever the size of the model.
Status WriteRandomModel(const StandardShape& shape, const QuantizationMix& mix,
                        const std::string& path);

}  // namespace ingle
