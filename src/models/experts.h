// Feed-forward by a mixture of experts: of each token, the few that a router chooses.
// Shazeer et al., arXiv 1701.06538; Jiang et al., arXiv 2401.04088.
#pragma once

#include <string>

#include "models/decoder.h"

namespace ingle {

struct ExpertsConfig {
  RouteAttributes route;
  uint64_t hidden = 0;         // of one expert
  uint64_t shared_hidden = 0;  // of the expert that all tokens take; 0: there is none
  ActivationAttributes activation{Activation::kSilu};
  bool interleaved = false;  // of a fused tensor: gate and up in turn, not one after the other
};

struct ExpertsDefaults {
  RouteAttributes::Scores scores = RouteAttributes::Scores::kSoftmax;
  bool normalize = false;
};

// Reads expert_*. Errors of fields stay in config.
ExpertsConfig ReadExperts(ConfigReader& config, const DecoderConfig& decoder,
                          const ExpertsDefaults& defaults);

// Whether the layer has experts; others have an ordinary feed-forward network.
bool HasExperts(DecoderBuilder& b, const std::string& blk, const ExpertsConfig& experts);

// Reads ffn_gate_inp, the experts' ffn_gate, ffn_up (or both as ffn_gate_up) and ffn_down, and,
// with a shared expert, ffn_*_shexp and, where there is one, its gate ffn_gate_inp_shexp.
Value MixExperts(DecoderBuilder& b, Value h, const std::string& blk, const ExpertsConfig& experts);

// The two halves of it, for families whose router and experts see different values; without a
// shared expert. Reads exp_probs_b.bias and ffn_down_exps.scale where they are there.
Value RouteToExperts(DecoderBuilder& b, Value h, const std::string& blk,
                     const ExpertsConfig& experts);
Value MixExperts(DecoderBuilder& b, Value h, Value routes, const std::string& blk,
                 const ExpertsConfig& experts);

// For adapt functions: the layers that have experts by decoder_sparse_step and mlp_only_layers.
class HuggingFaceFields;
void ExpectSparseLayers(HuggingFaceFields& fields);

}  // namespace ingle
