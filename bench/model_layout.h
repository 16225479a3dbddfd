// Which metadata and tensors a GGUF file has of a shape.
#pragma once

#include <string>
#include <vector>

#include "compress/quantization_mix.h"
#include "formats/gguf/gguf_writer.h"
#include "standard_shape.h"

namespace ingle {

struct NamedTensor {
  std::string name;
  Shape shape;
};

// In the order of the file.
std::vector<NamedTensor> TensorsOf(const StandardShape& shape);

// With a synthetic vocabulary, and without the tensors.
GgufHeader MetadataOf(const StandardShape& shape, const QuantizationMix& mix);

}  // namespace ingle
