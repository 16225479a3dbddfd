#include "models/rope_scaling.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ingle {
namespace {

// The pair whose wavelength fits `turns` times into the original context, as a real number.
double PairTurning(double turns, double theta, uint32_t dimensions, double context) {
  return dimensions * std::log(context / (turns * 2 * std::numbers::pi)) / (2 * std::log(theta));
}

// YaRN's attention factor: 0.1 m ln(factor) + 1 for a factor above 1.
double AttentionFactor(double factor, double multiplier) {
  return factor <= 1 ? 1.0 : 0.1 * multiplier * std::log(factor) + 1.0;
}

// The factor of linear scaling: rope.scaling.factor, or its older name.
double ReadFactor(ConfigReader& config) {
  const double older = config.Number("rope.scale_linear", 0, 1e6, 0.0);
  const double factor = config.Number("rope.scaling.factor", 0, 1e6, older);
  return factor == 0 ? 1.0 : factor;
}

YarnOptions ReadYarn(ConfigReader& config, double factor, uint32_t trained_context,
                     bool whole_pairs) {
  YarnOptions options;
  options.factor = factor;
  options.original_context =
      config.Count("rope.scaling.original_context_length", 1u << 30, trained_context);
  options.beta_fast = config.Number("rope.scaling.yarn_beta_fast", 0.001, 1e6, 32);
  options.beta_slow = config.Number("rope.scaling.yarn_beta_slow", 0.001, 1e6, 1);
  options.extrapolation = config.Number("rope.scaling.yarn_ext_factor", 0, 1, 1);
  options.whole_pairs = config.Flag("rope.scaling.yarn_truncate", whole_pairs);
  return options;
}

double ReadYarnMagnitude(ConfigReader& config, double factor) {
  const double multiplier = config.Number("rope.scaling.yarn_log_multiplier", 0, 100, 0);
  const double by_default =
      AttentionFactor(factor, 1) / (multiplier == 0 ? 1 : AttentionFactor(factor, multiplier));
  return config.Number("rope.scaling.yarn_attn_factor", 1e-3, 1e3, by_default);
}

// Llama 3 and its kin ship the outcome of their scaling: a divisor for each frequency.
Status Divide(const Checkpoint& checkpoint, std::string_view tensor,
              std::vector<float>& frequencies) {
  const auto view = checkpoint.Tensor(tensor);
  if (!view) return Fail(view.error());
  if (view->type != DType::kF32 || view->shape.elements() != frequencies.size()) {
    return Fail(ErrorCode::kCorrupt, "tensor ", Quote(tensor), " is ", Name(view->type), " ",
                ToString(view->shape), ", but ", frequencies.size(),
                " F32 elements are needed, one for each rotated pair");
  }
  const auto* factors = reinterpret_cast<const float*>(view->data);
  for (size_t i = 0; i < frequencies.size(); ++i) {
    if (!(factors[i] > 0) || !std::isfinite(factors[i])) {
      return Fail(ErrorCode::kCorrupt, "tensor ", Quote(tensor), " holds ", factors[i],
                  " at element ", i, ", where a positive factor is needed");
    }
    frequencies[i] /= factors[i];
  }
  return {};
}

// LongRoPE's divisors, one a pair: some for sequences up to the original context, others beyond.
Status ReadLongRope(const Checkpoint& checkpoint, ConfigReader& config, uint32_t trained_context,
                    RopeAttributes& rope) {
  rope.long_context =
      config.Count("rope.scaling.original_context_length", 1u << 30, trained_context);
  rope.long_frequencies = rope.frequencies;
  if (const Status read = Divide(checkpoint, "rope_factors_short.weight", rope.frequencies);
      !read) {
    return read;
  }
  return Divide(checkpoint, "rope_factors_long.weight", rope.long_frequencies);
}

}  // namespace

RopeAttributes PlainRope(const RopeAttributes& like, double theta) {
  RopeAttributes rope;
  rope.head_size = like.head_size;
  rope.pairs = like.pairs;
  rope.frequencies = BaseFrequencies(theta, static_cast<uint32_t>(2 * like.frequencies.size()));
  return rope;
}

std::vector<float> BaseFrequencies(double theta, uint32_t dimensions) {
  std::vector<float> frequencies(dimensions / 2);
  for (size_t i = 0; i < frequencies.size(); ++i) {
    frequencies[i] =
        static_cast<float>(std::pow(theta, -2.0 * static_cast<double>(i) / dimensions));
  }
  return frequencies;
}

std::vector<float> YarnFrequencies(double theta, uint32_t dimensions, const YarnOptions& options) {
  const double context = options.original_context;
  double low = PairTurning(options.beta_fast, theta, dimensions, context);
  double high = PairTurning(options.beta_slow, theta, dimensions, context);
  if (options.whole_pairs) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(0.0, low);
  high = std::min(dimensions - 1.0, high);
  if (high == low) high += 0.001;  // a ramp of some width

  std::vector<float> frequencies = BaseFrequencies(theta, dimensions);
  for (size_t i = 0; i < frequencies.size(); ++i) {
    const double ramp = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
    const double keep = (1 - ramp) * options.extrapolation;
    const double base = frequencies[i];
    frequencies[i] = static_cast<float>(base * keep + base / options.factor * (1 - keep));
  }
  return frequencies;
}

Result<RopeAttributes> ReadRope(const Checkpoint& checkpoint, ConfigReader& config,
                                uint32_t head_size, uint32_t trained_context, bool whole_pairs) {
  RopeAttributes rope;
  rope.head_size = head_size;
  const uint32_t dimensions = config.Count("rope.dimension_count", head_size, head_size);
  if (dimensions % 2 != 0) config.Reject("rope.dimension_count", "is odd");
  const double theta = config.Number("rope.freq_base", 1.0001, 1e12, 10000.0);
  const std::string type = config.Text("rope.scaling.type", "linear");
  const double factor = ReadFactor(config);
  rope.magnitude = static_cast<float>(config.Number("rope.scaling.attn_factor", 1e-3, 1e3, 1));

  if (type == "yarn") {
    rope.frequencies =
        YarnFrequencies(theta, dimensions, ReadYarn(config, factor, trained_context, whole_pairs));
    rope.magnitude *= static_cast<float>(ReadYarnMagnitude(config, factor));
  } else if (type == "linear" || type == "none" || type == "longrope") {
    rope.frequencies = BaseFrequencies(theta, dimensions);
    if (type == "linear") {
      for (float& frequency : rope.frequencies) frequency /= static_cast<float>(factor);
    }
  } else {
    config.Reject(ErrorCode::kUnsupported, "rope.scaling.type",
                  Cat("is ", Quote(type), "; known are none, linear, yarn and longrope"));
  }
  Status divided;
  if (checkpoint.HasTensor("rope_freqs.weight")) {
    divided = Divide(checkpoint, "rope_freqs.weight", rope.frequencies);
  } else if (checkpoint.HasTensor("rope_factors_short.weight")) {
    divided = ReadLongRope(checkpoint, config, trained_context, rope);
  }
  if (!divided) return Fail(divided.error());
  return rope;
}

}  // namespace ingle
