#include <algorithm>
#include <cmath>
#include <numbers>

#include "models/huggingface/fields.h"

namespace ingle {
namespace {

using nlohmann::json;

double NumberIn(const json& object, const char* name, double otherwise) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<double>() : otherwise;
}

// What each frequency is divided by: Grattafiori et al., arXiv 2407.21783, and Meta's reference.
std::vector<float> Llama3Divisors(const json& parameters, double theta, double dimensions) {
  const double factor = NumberIn(parameters, "factor", 8);
  const double low = NumberIn(parameters, "low_freq_factor", 1);
  const double high = NumberIn(parameters, "high_freq_factor", 4);
  const double context = NumberIn(parameters, "original_max_position_embeddings", 8192);
  std::vector<float> divisors;
  for (double i = 0; i + 1 < dimensions; i += 2) {
    const double wavelength = 2 * std::numbers::pi * std::pow(theta, i / dimensions);
    double divisor = 1;
    if (wavelength > context / low) {
      divisor = factor;
    } else if (wavelength >= context / high) {
      const double smooth = (context / wavelength - low) / (high - low);
      divisor = 1 / ((1 - smooth) / factor + smooth);
    }
    divisors.push_back(static_cast<float>(divisor));
  }
  return divisors;
}

double AttentionFactor(double factor, double multiplier) {
  return factor <= 1 ? 1 : 0.1 * multiplier * std::log(factor) + 1;
}

void ReadYarn(const json& parameters, double context, HuggingFaceFields& fields) {
  const double original = NumberIn(parameters, "original_max_position_embeddings", context);
  const double factor = NumberIn(parameters, "factor", context / original);
  const double mscale = NumberIn(parameters, "mscale", 0);
  const double mscale_all = NumberIn(parameters, "mscale_all_dim", 0);
  const double by_default = mscale != 0 && mscale_all != 0 ? AttentionFactor(factor, mscale) /
                                                                 AttentionFactor(factor, mscale_all)
                                                           : AttentionFactor(factor, 1);
  const auto or_default = [&](const char* name, double otherwise) {
    const double value = NumberIn(parameters, name, 0);
    return value == 0 ? otherwise : value;
  };
  const auto truncate = parameters.find("truncate");
  fields.Set("rope.scaling.type", "yarn");
  fields.Set("rope.scaling.factor", factor);
  fields.Set("rope.scaling.original_context_length", original);
  fields.Set("rope.scaling.yarn_attn_factor", NumberIn(parameters, "attention_factor", by_default));
  fields.Set("rope.scaling.yarn_beta_fast", or_default("beta_fast", 32));
  fields.Set("rope.scaling.yarn_beta_slow", or_default("beta_slow", 1));
  const bool truncates =
      truncate == parameters.end() || !truncate->is_boolean() || truncate->get<bool>();
  fields.Set("rope.scaling.yarn_truncate", truncates ? 1.0 : 0.0);
}

void ReadLongRope(const json& parameters, double context, HuggingFaceFields& fields) {
  const double stated = fields.Number("original_max_position_embeddings", context);
  const double original = NumberIn(parameters, "original_max_position_embeddings", stated);
  const double factor = NumberIn(parameters, "factor", context / original);
  const double by_default = factor <= 1 ? 1 : std::sqrt(1 + std::log(factor) / std::log(original));
  fields.Set("rope.scaling.type", "longrope");
  fields.Set("rope.scaling.original_context_length", original);
  fields.Set("rope.scaling.attn_factor", NumberIn(parameters, "attention_factor", by_default));
  for (const char* name : {"short", "long"}) {
    const auto list = parameters.find(Cat(name, "_factor"));
    std::vector<float> factors;
    if (list != parameters.end() && list->is_array()) {
      for (const json& entry : *list) {
        if (entry.is_number()) factors.push_back(entry.get<float>());
      }
    }
    fields.AddTensor(Cat("rope_factors_", name, ".weight"), std::move(factors));
  }
}

// Pairs are spread over the whole head, and those that do not turn have the highest numbers: a
// frequency of nearly nothing, as GGUF files have it.
void ReadProportional(const json& parameters, double head, double share,
                      HuggingFaceFields& fields) {
  const auto pairs = static_cast<size_t>(std::clamp(head / 2, 0.0, 1e5));
  const auto turning = static_cast<size_t>(std::clamp(std::floor(share * head / 2), 0.0, 1e5));
  std::vector<float> divisors(pairs, 1e30f);
  const double factor = NumberIn(parameters, "factor", 1);
  std::fill_n(divisors.begin(), std::min(turning, pairs), static_cast<float>(factor));
  fields.AddTensor("rope_freqs.weight", std::move(divisors));
  fields.Erase("rope.dimension_count");
}

}  // namespace

void ReadRopeParameters(const json& parameters, const HuggingFaceNames& names,
                        HuggingFaceFields& fields) {
  const double theta =
      NumberIn(parameters, "rope_theta", fields.Number("rope_theta", names.rope_theta));
  const double share = NumberIn(parameters, "partial_rotary_factor",
                                fields.Number("partial_rotary_factor", names.rotated_share));
  const double width = fields.Key("embedding_length", 0);
  const double heads = fields.Key("attention.head_count", 0);
  const double head = fields.Key("attention.key_length", heads > 0 ? std::floor(width / heads) : 0);
  const double dimensions = std::floor(head * share);
  fields.Set("rope.freq_base", theta);
  if (dimensions != head) fields.Set("rope.dimension_count", dimensions);

  const double context = fields.Key("context_length", 0);
  std::string type = "default";
  for (const char* name : {"type", "rope_type"}) {
    const auto found = parameters.find(name);
    if (found != parameters.end() && found->is_string()) type = found->get<std::string>();
  }
  if (type == "linear") {
    fields.Set("rope.scaling.type", "linear");
    fields.Set("rope.scaling.factor", NumberIn(parameters, "factor", 1));
  } else if (type == "yarn") {
    ReadYarn(parameters, context, fields);
  } else if (type == "llama3") {
    fields.AddTensor("rope_freqs.weight", Llama3Divisors(parameters, theta, dimensions));
  } else if (type == "proportional") {
    ReadProportional(parameters, head, share, fields);
  } else if (type == "longrope" || type == "su") {
    ReadLongRope(parameters, context, fields);
  } else if (type != "default" && type != "mrope" && type != "dynamic") {
    // "dynamic" changes nothing up to the trained context; "mrope" nothing for text alone.
    fields.Refuse("rope_parameters", Cat("has the rope_type ", Quote(type),
                                         "; known are default, linear, dynamic, yarn, llama3, "
                                         "longrope and proportional"));
  }
}

void ReadRopeOfKinds(const json& full, const HuggingFaceNames& names, HuggingFaceFields& fields) {
  const json& ropes = fields["rope_parameters"];
  const auto of = [&](const char* kind, const json& otherwise) {
    return ropes.is_object() && ropes.contains(kind) ? ropes[kind] : otherwise;
  };
  const json parameters = of("full_attention", full);
  if (ropes.is_object() || !parameters.empty()) ReadRopeParameters(parameters, names, fields);
  const json local = of("sliding_attention", json::object());
  if (local.contains("rope_type") && local["rope_type"] != "default") {
    fields.Refuse("rope_parameters", "scales the positions of layers that see a window");
  }
  const double theta = fields.Number("rope_local_base_freq", 10000);
  fields.Set("rope.freq_base_swa", NumberIn(local, "rope_theta", theta));
}

}  // namespace ingle
