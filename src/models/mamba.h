// The mixer of Mamba-2: what its layers have instead of attention.
// Dao and Gu, arXiv 2405.21060.
#pragma once

#include <string>

#include "models/decoder.h"

namespace ingle {

struct MambaConfig {
  uint32_t inner = 0;  // heads · head size
  uint32_t taps = 0;   // of the convolution
  RecurrentAttributes scan;
};

// Reads ssm.*. Errors of fields stay in config.
MambaConfig ReadMamba(ConfigReader& config);

// States: first_state for the convolution, the next one for the scan. Reads ssm_in, ssm_conv1d,
// ssm_dt.bias, ssm_a, ssm_d, ssm_norm, ssm_out.
Value MixByMamba(DecoderBuilder& b, Value h, const std::string& blk, const MambaConfig& mamba,
                 uint32_t first_state);

// For config.json: time_step_limit, whose upper end may be infinite.
class HuggingFaceFields;
void ReadTimeStepLimit(HuggingFaceFields& fields);

// For to_gguf functions: the shapes that files have.
class GgufForm;
void MambaToGguf(GgufForm& form);

}  // namespace ingle
