#include "models/huggingface/rope_parameters.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

namespace ingle {
namespace {

using nlohmann::json;

constexpr const char* kOriginal = "original_max_position_embeddings";

// What one kind of scaling reads of an object. The fields keep the first error.
class Reader {
 public:
  Reader(const RopeParameters& parameters, HuggingFaceFields& fields)
      : parameters_(parameters), fields_(fields) {}

  bool Has(const char* key) const { return parameters_.Has(key); }

  // Null counts as absent.
  double Number(const char* key, double otherwise) const {
    if (!Has(key)) return otherwise;
    const json& value = parameters_.object[key];
    if (value.is_number()) return value.get<double>();
    Refuse(key, Cat("is ", value.dump().substr(0, 80), ", where a number is needed"));
    return otherwise;
  }
  double Positive(const char* key, double otherwise) const {
    const double number = Number(key, otherwise);
    if (number > 0 && std::isfinite(number)) return number;
    Refuse(key, Cat("is ", number, ", where a number above 0 is needed"));
    return 1;
  }
  double Needed(const char* key) const {
    if (!Has(key)) Refuse(key, Cat("is missing, which ", parameters_.Type(), " needs"));
    return Positive(key, 1);
  }
  bool Flag(const char* key, bool otherwise) const {
    if (!Has(key)) return otherwise;
    const json& value = parameters_.object[key];
    if (!value.is_boolean()) Refuse(key, "is neither true nor false");
    return value.is_boolean() && value.get<bool>();
  }
  // One for each pair of a head that turns.
  std::vector<float> Divisors(const char* key, double dimensions) const {
    std::vector<float> list;
    const json value = Has(key) ? parameters_.object[key] : json();
    if (value.is_array()) {
      for (const json& entry : value) list.push_back(entry.is_number() ? entry.get<float>() : 0);
    }
    const auto pairs = static_cast<size_t>(std::clamp(dimensions / 2, 0.0, 1e5));
    const bool positive = std::all_of(list.begin(), list.end(), [](float x) { return x > 0; });
    if (list.size() == pairs && positive) return list;
    Refuse(key, Cat("is no list of ", pairs, " numbers above 0, one for each pair of a head"));
    return {};
  }
  void Refuse(const char* key, const std::string& problem) const {
    fields_.Refuse(Cat(parameters_.name, ".", key), problem);
  }
  std::string Name(const char* key) const { return Cat(parameters_.name, ".", key); }

 private:
  const RopeParameters& parameters_;
  HuggingFaceFields& fields_;
};

// What each frequency is divided by: Grattafiori et al., arXiv 2407.21783, and Meta's reference.
std::vector<float> Llama3Divisors(const Reader& rope, double theta, double dimensions,
                                  double trained) {
  const double factor = rope.Needed("factor");
  const double low = rope.Needed("low_freq_factor");
  const double high = rope.Needed("high_freq_factor");
  const double context = rope.Positive(kOriginal, trained);
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

void ReadYarn(const Reader& rope, bool states_factor, double context, HuggingFaceFields& fields) {
  const double original = rope.Positive(kOriginal, context);
  if (!states_factor) rope.Needed("factor");
  const double factor = rope.Positive("factor", context / original);
  const double mscale = rope.Number("mscale", 0);
  const double mscale_all = rope.Number("mscale_all_dim", 0);
  const double by_default = mscale != 0 && mscale_all != 0 ? AttentionFactor(factor, mscale) /
                                                                 AttentionFactor(factor, mscale_all)
                                                           : AttentionFactor(factor, 1);
  const auto or_default = [&](const char* name, double otherwise) {
    const double value = rope.Number(name, 0);
    return value == 0 ? otherwise : value;
  };
  fields.Set("rope.scaling.type", "yarn");
  fields.Set("rope.scaling.factor", factor, rope.Name("factor"));
  fields.Set("rope.scaling.original_context_length", original, rope.Name(kOriginal));
  fields.Set("rope.scaling.yarn_attn_factor", rope.Number("attention_factor", by_default),
             rope.Name("attention_factor"));
  fields.Set("rope.scaling.yarn_beta_fast", or_default("beta_fast", 32), rope.Name("beta_fast"));
  fields.Set("rope.scaling.yarn_beta_slow", or_default("beta_slow", 1), rope.Name("beta_slow"));
  fields.Set("rope.scaling.yarn_truncate", rope.Flag("truncate", true) ? 1.0 : 0.0);
}

void ReadLongRope(const Reader& rope, double context, double dimensions,
                  HuggingFaceFields& fields) {
  const double original = rope.Positive(kOriginal, context);
  const double factor = rope.Positive("factor", context / original);
  const double by_default = factor <= 1 ? 1 : std::sqrt(1 + std::log(factor) / std::log(original));
  fields.Set("rope.scaling.type", "longrope");
  fields.Set("rope.scaling.original_context_length", original, rope.Name(kOriginal));
  fields.Set("rope.scaling.attn_factor", rope.Number("attention_factor", by_default),
             rope.Name("attention_factor"));
  fields.AddTensor("rope_factors_short.weight", rope.Divisors("short_factor", dimensions));
  fields.AddTensor("rope_factors_long.weight", rope.Divisors("long_factor", dimensions));
}

// Pairs are spread over the whole head, and those that do not turn have the highest numbers: a
// frequency of nearly nothing, as GGUF files have it.
void ReadProportional(const Reader& rope, double head, HuggingFaceFields& fields) {
  const double share = rope.Number("partial_rotary_factor", 1);
  const auto pairs = static_cast<size_t>(std::clamp(head / 2, 0.0, 1e5));
  const auto turning = static_cast<size_t>(std::clamp(std::floor(share * head / 2), 0.0, 1e5));
  std::vector<float> divisors(pairs, 1e30f);
  const double factor = rope.Positive("factor", 1);
  std::fill_n(divisors.begin(), std::min(turning, pairs), static_cast<float>(factor));
  fields.AddTensor("rope_freqs.weight", std::move(divisors));
}

double HeadSize(const HuggingFaceFields& fields) {
  const double heads = fields.Key("attention.head_count", 0);
  const double width = fields.Key("embedding_length", 0);
  return fields.Key("attention.key_length", heads > 0 ? std::floor(width / heads) : 0);
}

// How much of a head turns. Most classes know of no share and always turn all of it.
double ReadDimensions(const Reader& rope, double head, const HuggingFaceNames& names,
                      HuggingFaceFields& fields) {
  constexpr const char* kShare = "partial_rotary_factor";
  const double stated = fields.Number(kShare, names.rotated_share.value_or(1));
  const double share = rope.Number(kShare, stated);
  const std::string name = rope.Has(kShare) ? rope.Name(kShare) : kShare;
  if (!names.rotated_share && share != 1) {
    fields.Refuse(name, Cat("is ", share, ", but models of this type turn whole heads"));
  }
  const double dimensions = std::floor(head * share);
  fields.Name("rope.dimension_count", fields.NameOf("attention.key_length"));
  if (dimensions != head) fields.Set("rope.dimension_count", dimensions, name);
  return dimensions;
}

void ReadScaling(const Reader& rope, const RopeParameters& parameters, double theta,
                 double dimensions, HuggingFaceFields& fields) {
  const double context = fields.Key("context_length", 0);
  const std::string type = parameters.Type();
  if (type == "linear") {
    fields.Set("rope.scaling.type", "linear");
    fields.Set("rope.scaling.factor", rope.Needed("factor"), rope.Name("factor"));
  } else if (type == "yarn") {
    // As null the factor is left to the contexts.
    ReadYarn(rope, parameters.object.contains("factor"), context, fields);
  } else if (type == "llama3") {
    fields.AddTensor("rope_freqs.weight", Llama3Divisors(rope, theta, dimensions, context));
  } else if (type == "longrope" || type == "su") {
    ReadLongRope(rope, context, dimensions, fields);
  } else if (type == "dynamic") {
    // Changes nothing up to the trained context. Beyond it what a token is depends on how long the
    // sequence will have become.
    rope.Needed("factor");
    fields.Set("longest_context", context, "max_position_embeddings");
  } else if (type != "default" && type != "mrope") {  // which changes nothing for text alone
    fields.Refuse(parameters.name, Cat("has the rope_type ", Quote(type),
                                       "; known are default, linear, dynamic, yarn, llama3, "
                                       "longrope and proportional"));
  }
}

// An object of config.json, or an empty one.
RopeParameters ObjectOf(const char* name, HuggingFaceFields& fields) {
  const json& value = fields[name];
  if (!value.is_null() && !value.is_object()) {
    fields.Refuse(name, Cat("is ", value.dump().substr(0, 80), ", where an object is needed"));
  }
  return {name, value.is_object() ? value : json::object()};
}

// That of one kind of layers within rope_parameters.
RopeParameters KindOf(const RopeParameters& all, const char* kind, HuggingFaceFields& fields) {
  RopeParameters of{Cat(all.name, ".", kind), json::object()};
  if (!all.Has(kind)) return of;
  of.object = all.object[kind];
  if (of.object.is_object()) return of;
  fields.Refuse(of.name, "is no object");
  return {of.name, json::object()};
}

}  // namespace

std::string RopeParameters::Type() const {
  const char* key = Has("rope_type") ? "rope_type" : "type";
  if (!Has(key)) return "default";
  const json& value = object[key];
  return value.is_string() ? value.get<std::string>() : value.dump().substr(0, 80);
}

RopeParameters StatedRope(HuggingFaceFields& fields) {
  RopeParameters older = ObjectOf("rope_scaling", fields);
  RopeParameters newer = ObjectOf("rope_parameters", fields);
  RopeParameters& stated = older.object.empty() ? newer : older;
  // Beside the object it takes precedence.
  if (fields.Has(kOriginal)) stated.object[kOriginal] = fields[kOriginal];
  return std::move(stated);
}

void ReadRope(const RopeParameters& parameters, const HuggingFaceNames& names,
              HuggingFaceFields& fields) {
  const Reader rope(parameters, fields);
  const bool own_theta = rope.Has("rope_theta");
  const double theta = rope.Number("rope_theta", fields.Number("rope_theta", names.rope_theta));
  fields.Set("rope.freq_base", theta, own_theta ? rope.Name("rope_theta") : "rope_theta");
  const double head = HeadSize(fields);
  if (parameters.Type() == "proportional") return ReadProportional(rope, head, fields);
  const double dimensions = ReadDimensions(rope, head, names, fields);
  ReadScaling(rope, parameters, theta, dimensions, fields);
}

void ReadRopeOfKinds(const RopeOfKinds& kinds, const HuggingFaceNames& names,
                     HuggingFaceFields& fields) {
  constexpr const char* kFull = "full_attention";
  constexpr const char* kWindowed = "sliding_attention";
  const RopeParameters all = ObjectOf("rope_parameters", fields);
  if (!all.object.empty() && !all.Has(kFull) && !all.Has(kWindowed)) {
    fields.Refuse(all.name, Cat("has neither ", kFull, " nor ", kWindowed,
                                ", of which models of this type have one object each"));
  }
  RopeParameters full = KindOf(all, kFull, fields);
  if (all.object.empty()) full.object = kinds.full;
  const RopeParameters older = ObjectOf("rope_scaling", fields);
  if (!older.object.empty()) {
    full.name = older.name;
    full.object.update(older.object);
  }
  full.SetDefault("rope_theta", fields.Number(kinds.older_theta, names.rope_theta));
  // The reference looks for it outside of the objects.
  full.object.erase("truncate");
  if (all.object.contains("truncate")) full.object["truncate"] = all.object["truncate"];
  ReadRope(full, names, fields);

  const RopeParameters local = KindOf(all, kWindowed, fields);
  const Reader windowed(local, fields);
  if (local.Type() != "default") {
    fields.Refuse(local.name, "scales the positions of layers that see a window");
  }
  const bool own_theta = windowed.Has("rope_theta");
  const double theta = fields.Number(kinds.older_local_theta, kinds.local_theta);
  fields.Set("rope.freq_base_swa", windowed.Number("rope_theta", theta),
             own_theta ? windowed.Name("rope_theta") : kinds.older_local_theta);
}

}  // namespace ingle
