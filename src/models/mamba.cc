#include "models/mamba.h"

#include <algorithm>
#include <cfloat>

#include "models/huggingface/fields.h"
#include "models/huggingface/gguf_form.h"

namespace ingle {

MambaConfig ReadMamba(ConfigReader& config) {
  MambaConfig m;
  m.inner = config.Count("ssm.inner_size", kWidestLayer);
  m.taps = config.Count("ssm.conv_kernel", 64);
  m.scan.heads = config.Count("ssm.time_step_rank", 1u << 16);
  m.scan.groups = config.Count("ssm.group_count", m.scan.heads, 1);
  m.scan.key_size = config.Count("ssm.state_size", 4096);
  m.scan.value_size = std::max(1u, m.inner / std::max(1u, m.scan.heads));
  m.scan.dt_low = static_cast<float>(config.Number("ssm.dt_low", 0, FLT_MAX, 0));
  m.scan.dt_high = static_cast<float>(config.Number("ssm.dt_high", 0, FLT_MAX, FLT_MAX));
  if (m.inner % m.scan.heads != 0) {
    config.Reject("ssm.time_step_rank",
                  Cat("is ", m.scan.heads, ", which does not divide ", m.inner));
  }
  if (m.scan.heads % m.scan.groups != 0 || m.inner % m.scan.groups != 0) {
    config.Reject("ssm.group_count",
                  Cat("is ", m.scan.groups, ", which does not divide ", m.scan.heads, " heads"));
  }
  if (uint64_t{m.inner} + 2 * uint64_t{m.scan.groups} * m.scan.key_size > kWidestLayer) {
    config.Reject("ssm.state_size", Cat("is ", m.scan.key_size, ": with ", m.scan.groups,
                                        " groups a layer would be wider than ", kWidestLayer));
  }
  return m;
}

Value MixByMamba(DecoderBuilder& b, Value h, const std::string& blk, const MambaConfig& m,
                 uint32_t first_state) {
  const uint64_t shared = uint64_t{m.scan.groups} * m.scan.key_size;
  const uint64_t convolved = m.inner + 2 * shared;
  const uint64_t rows = m.inner + convolved + m.scan.heads;
  const auto project = [&](uint64_t begin, uint64_t count) {
    const std::string name = blk + "ssm_in";
    return b.g.MatMul(h, b.w.MatrixRows(name, {rows, b.c.shape.width}, begin, count),
                      b.w.BiasRows(name, rows, begin, count));
  };
  const Value gate = project(0, m.inner);
  const Value dt = project(m.inner + convolved, m.scan.heads);
  const Value mixed = b.g.Activate(
      b.c.activation,
      b.g.ShortConv(project(m.inner, convolved),
                    b.w.FlatRows(blk + "ssm_conv1d.weight", {convolved, m.taps}, 0, convolved),
                    b.w.Bias(blk + "ssm_conv1d", convolved), first_state));
  const Value x = b.g.Slice(mixed, {convolved, 0, m.inner});
  const Value keys = b.g.Slice(mixed, {convolved, m.inner, shared});
  const Value queries = b.g.Slice(mixed, {convolved, m.inner + shared, shared});

  RecurrentAttributes scan = m.scan;
  scan.state = first_state + 1;
  Value y = b.g.SelectiveScan(x, dt, keys, queries, b.w.Flat(blk + "ssm_a", scan.heads),
                              b.w.Flat(blk + "ssm_d", scan.heads),
                              b.w.Flat(blk + "ssm_dt.bias", scan.heads), scan);
  y = b.g.Mul(y, b.g.Activate(Activation::kSilu, gate));
  y = b.g.RmsNorm(y, b.w.Flat(blk + "ssm_norm.weight", m.inner),
                  {b.c.norm.epsilon, m.inner / scan.groups});
  return b.Linear(y, blk + "ssm_out", b.c.shape.width, m.inner);
}

void MambaToGguf(GgufForm& form) {
  const auto count = [&](std::string_view key) {
    return static_cast<uint64_t>(std::clamp(form.Key(key, 1), 1.0, 1e6));
  };
  const uint64_t groups = count("ssm.group_count");
  for (uint32_t layer = 0; layer < form.layers(); ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    form.Reshape(blk + "ssm_a", {count("ssm.time_step_rank"), 1});
    form.Reshape(blk + "ssm_d", {count("ssm.time_step_rank"), 1});
    form.Reshape(blk + "ssm_norm.weight", {groups, count("ssm.inner_size") / groups});
  }
}

void ReadTimeStepLimit(HuggingFaceFields& fields) {
  const nlohmann::json& limit = fields["time_step_limit"];
  if (limit.is_null()) return;
  // {"__float__": "Infinity"} is how newer files write the one number that JSON lacks.
  const bool bounds = limit.is_array() && limit.size() == 2 && limit[0].is_number() &&
                      (limit[1].is_number() || limit[1].is_object());
  if (!bounds) return fields.Refuse("time_step_limit", "is no pair of numbers");
  fields.Set("ssm.dt_low", limit[0].get<double>(), "time_step_limit");
  if (limit[1].is_number() && limit[1].get<double>() < FLT_MAX) {
    fields.Set("ssm.dt_high", limit[1].get<double>(), "time_step_limit");
  }
}

}  // namespace ingle
