// Makes a GGUF file of a checkpoint folder of Hugging Face's.
#pragma once

#include <functional>
#include <string>

#include "base/error.h"
#include "compress/quantize_file.h"
#include "formats/gguf/gguf_writer.h"

namespace ingle {

struct ConvertOptions {
  const QuantizationMix* mix = nullptr;  // of the weights; null: as the checkpoint has them
  QuantizeOptions quantize{};
  // Sets the fields of the tokenizer (engine/tokenizer_to_gguf.h), which has at most as many tokens
  // as `vocabulary`. Empty: the file has none, and serves token ids.
  std::function<Status(size_t vocabulary, GgufHeader& header)> tokenizer{};
};

// Reads the checkpoint in the folder and writes it to `out`, as llama.cpp's converter would
// (models/huggingface/gguf_form.h). Without a mix, matrices keep the checkpoint's types, the
// blocks of AWQ, GPTQ and MXFP4 among them, and everything else becomes F32.
//
// The name is the folder's, the licence that of README.md's front matter. The new file replaces
// what is at `out` only when it is complete. Memory: the vectors, and one tensor at a time (of
// experts, a layer's stack).
//
// Fails as MakeHuggingFaceCheckpoint, BuildModel and GgufWriter do, before anything is written but
// for what only the weights can tell, such as one that is NaN.
Status ConvertCheckpoint(const std::string& folder, const std::string& out,
                         const ConvertOptions& options = {});

}  // namespace ingle
