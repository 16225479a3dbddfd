// How config.json describes rotary position embedding.
//
// transformers calls it rope_parameters; before, it was rope_scaling with rope_theta beside it. Of
// the two rope_scaling comes first. Families whose layers turn in different ways have an object for
// each kind of layer in rope_parameters.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "models/huggingface/fields.h"

namespace ingle {

struct RopeParameters {
  std::string name;       // what messages call it: "rope_scaling"
  nlohmann::json object;  // may be empty

  bool Has(const char* key) const { return object.contains(key) && !object[key].is_null(); }
  std::string Type() const;  // "default" where it says none
  // Where config.json does not say.
  void SetDefault(const char* key, double value) {
    if (!object.contains(key)) object[key] = value;
  }
};

// Those of all layers. What is neither an object nor null is refused.
RopeParameters StatedRope(HuggingFaceFields& fields);

// Sets rope.*, and what the frequencies are divided by as a tensor. What is missing or of the wrong
// type is refused by name.
void ReadRope(const RopeParameters& parameters, const HuggingFaceNames& names,
              HuggingFaceFields& fields);

// Where config.json has an object for each kind of layer. Other fields had the bases before.
struct RopeOfKinds {
  const char* older_theta = "rope_theta";
  const char* older_local_theta = "rope_local_base_freq";
  double local_theta = 10000;  // of layers that see a window, where config.json does not say
  nlohmann::json full = nlohmann::json::object();  // of the others, without rope_parameters
};

// Reads the layers' that see everything as ReadRope does. rope.freq_base_swa is what those have
// that see a window, which turn unscaled: anything else is refused.
void ReadRopeOfKinds(const RopeOfKinds& kinds, const HuggingFaceNames& names,
                     HuggingFaceFields& fields);

}  // namespace ingle
