// Makes a GGUF file of a checkpoint folder of Hugging Face's.
#pragma once

#include <string>

#include "base/error.h"
#include "compress/quantize_file.h"

namespace ingle {

// Reads the checkpoint in the folder and writes it to `out`, as llama.cpp's converter would
// (models/huggingface/gguf_form.h). mix: of the weights; null leaves matrices in the checkpoint's
// types, the blocks of AWQ, GPTQ and MXFP4 among them, and makes everything else F32.
//
// The name is the folder's, the licence that of README.md's front matter. The new file replaces
// what is at `out` only when it is complete. Memory: the vectors, and one tensor at a time (of
// experts, a layer's stack).
//
// Fails as MakeHuggingFaceCheckpoint, BuildModel and GgufWriter do, before anything is written but
// for what only the weights can tell, such as one that is NaN.
Status ConvertCheckpoint(const std::string& folder, const std::string& out,
                         const QuantizationMix* mix, const QuantizeOptions& options = {});

}  // namespace ingle
