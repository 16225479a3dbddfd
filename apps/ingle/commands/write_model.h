// What `ingle convert` and `ingle quantize` have in common: a model in, a GGUF file out.
#pragma once

#include <string>

#include "command.h"
#include "compress/quantization_mix.h"

namespace ingle {

// "TQ1_0 ... F32", smallest first.
std::string MixNames();

// The mix of that name. Fails with kInvalidArgument, listing what there is.
Result<const QuantizationMix*> FindMix(const std::string& name);

struct WriteModelOptions {
  std::string in;                        // as FindModel takes it
  std::string out;                       // must be no file of the model
  const QuantizationMix* mix = nullptr;  // null: of a checkpoint, as it is
  std::string verb;                      // of the progress line
  bool json = false;                     // tells what was written on standard output
};
Status WriteModel(const WriteModelOptions& options, const Context& context);

}  // namespace ingle
