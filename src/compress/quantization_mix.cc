#include "compress/quantization_mix.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

namespace ingle {
namespace {

using enum MixLayers;

constexpr QuantizationMix kMixes[] = {
    {.name = "TQ1_0",
     .file_type = 36,
     .base = DType::kTQ1_0,
     .token_embedding = {kAll, DType::kQ4_K}},
    {.name = "TQ2_0",
     .file_type = 37,
     .base = DType::kTQ2_0,
     .token_embedding = {kAll, DType::kQ4_K}},
    {.name = "Q2_K_S",
     .file_type = 21,
     .base = DType::kQ2_K,
     .attention_v = {{kIfFewKvHeads, DType::kQ4_K}},
     .ffn_down = {{kFirstEighth, DType::kQ4_K}}},
    {.name = "Q2_K",
     .file_type = 10,
     .base = DType::kQ2_K,
     .attention_v = {{kIfFewKvHeads, DType::kQ4_K}, {kAll, DType::kQ3_K}},
     .ffn_down = {{kAll, DType::kQ3_K}},
     .attention_output = {kAll, DType::kQ3_K}},
    {.name = "Q3_K_S", .file_type = 11, .base = DType::kQ3_K},
    {.name = "Q3_K_M",
     .file_type = 12,
     .base = DType::kQ3_K,
     .attention_v = {{kFirstTwo, DType::kQ5_K}, {kAll, DType::kQ4_K}},
     .ffn_down = {{kFirstSixteenth, DType::kQ5_K}, {kAll, DType::kQ4_K}},
     .attention_output = {kAll, DType::kQ4_K}},
    {.name = "Q3_K_L",
     .file_type = 13,
     .base = DType::kQ3_K,
     .attention_v = {{kAll, DType::kQ5_K}},
     .ffn_down = {{kAll, DType::kQ5_K}},
     .attention_output = {kAll, DType::kQ5_K}},
    {.name = "IQ4_XS",
     .file_type = 30,
     .base = DType::kIQ4_XS,
     .attention_v = {{kIfFewKvHeads, DType::kQ5_K}},
     .ffn_down = {{kFirstEighth, DType::kQ5_K}}},
    {.name = "MXFP4_MOE", .file_type = 38, .base = DType::kQ8_0, .experts = {kAll, DType::kMXFP4}},
    {.name = "IQ4_NL",
     .file_type = 25,
     .base = DType::kIQ4_NL,
     .attention_v = {{kIfFewKvHeads, DType::kQ5_K}},
     .ffn_down = {{kFirstEighth, DType::kQ5_K}}},
    {.name = "Q4_0", .file_type = 2, .base = DType::kQ4_0},
    {.name = "Q4_K_S",
     .file_type = 14,
     .base = DType::kQ4_K,
     .attention_v = {{kFirstFour, DType::kQ5_K}},
     .ffn_down = {{kFirstEighth, DType::kQ5_K}}},
    {.name = "Q4_K_M",
     .file_type = 15,
     .base = DType::kQ4_K,
     .attention_v = {{kOuterAndEveryThird, DType::kQ6_K}},
     .ffn_down = {{kOuterAndEveryThird, DType::kQ6_K}}},
    {.name = "Q4_1", .file_type = 3, .base = DType::kQ4_1},
    {.name = "Q5_0", .file_type = 8, .base = DType::kQ5_0},
    {.name = "Q5_K_S", .file_type = 16, .base = DType::kQ5_K},
    {.name = "Q5_K_M",
     .file_type = 17,
     .base = DType::kQ5_K,
     .attention_v = {{kOuterAndEveryThird, DType::kQ6_K}},
     .ffn_down = {{kOuterAndEveryThird, DType::kQ6_K}}},
    {.name = "Q5_1", .file_type = 9, .base = DType::kQ5_1},
    {.name = "Q6_K", .file_type = 18, .base = DType::kQ6_K},
    {.name = "Q8_0", .file_type = 7, .base = DType::kQ8_0},
    {.name = "F16", .file_type = 1, .base = DType::kF16},
    {.name = "BF16", .file_type = 32, .base = DType::kBF16},
    {.name = "F32", .file_type = 0, .base = DType::kF32},
};

constexpr std::pair<std::string_view, std::string_view> kOtherNames[] = {
    {"Q3_K", "Q3_K_M"}, {"Q4_K", "Q4_K_M"}, {"Q5_K", "Q5_K_M"}};

bool SameName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::toupper(x) == std::toupper(y);
  });
}

// ---- What a tensor is, by its name ----------------------------------------------------------

enum class Role { kOther, kOutput, kTokenEmbedding, kValue, kKey, kAttentionOutput, kFfnDown };

bool Holds(std::string_view name, std::string_view part) {
  return name.find(part) != std::string_view::npos;
}

Role RoleOf(std::string_view name) {
  if (name == "output.weight") return Role::kOutput;
  if (name == "token_embd.weight" || name == "per_layer_token_embd.weight") {
    return Role::kTokenEmbedding;
  }
  for (const std::string_view value : {"attn_qkv.weight", "attn_kv_b.weight", "attn_v.weight"}) {
    if (Holds(name, value)) return Role::kValue;
  }
  if (Holds(name, "attn_k.weight")) return Role::kKey;
  if (Holds(name, "attn_output.weight")) return Role::kAttentionOutput;
  if (Holds(name, "ffn_down")) return Role::kFfnDown;
  return Role::kOther;
}

// The number in "blk.12.", wherever it stands.
std::optional<uint64_t> LayerOf(std::string_view name) {
  const size_t at = name.find("blk.");
  if (at == std::string_view::npos) return std::nullopt;
  uint64_t layer = 0;
  const char* begin = name.data() + at + 4;
  const auto [end, error] = std::from_chars(begin, name.data() + name.size(), layer);
  if (error != std::errc() || end == name.data() + name.size() || *end != '.') return std::nullopt;
  return layer;
}

// ---- The rules ------------------------------------------------------------------------------

struct Place {
  uint64_t layer;
  uint64_t layers;
};

bool AppliesTo(MixLayers which, Place place, const MixModel& model) {
  const uint64_t eighth = place.layers / 8;
  switch (which) {
    case kNone:
      return false;
    case kAll:
      return true;
    case kFirstTwo:
      return place.layer < 2;
    case kFirstFour:
      return place.layer < 4;
    case kFirstSixteenth:
      return place.layer < place.layers / 16;
    case kFirstEighth:
      return place.layer < eighth;
    case kOuterAndEveryThird:
      return place.layer < eighth || place.layer >= 7 * place.layers / 8 ||
             (place.layer - eighth) % 3 == 2;
    case kIfFewKvHeads:
      return model.heads_per_kv_head >= 4;
  }
  return false;
}

// For rows that are no whole number of blocks.
DType SmallerBlocks(DType type) {
  switch (type) {
    case DType::kQ2_K:
    case DType::kQ3_K:
    case DType::kTQ1_0:
    case DType::kTQ2_0:
      return DType::kQ4_0;
    case DType::kIQ4_XS:
      return DType::kIQ4_NL;
    case DType::kQ4_K:
      return DType::kQ5_0;
    case DType::kQ5_K:
      return DType::kQ5_1;
    case DType::kQ6_K:
      return DType::kQ8_0;
    default:
      return type;
  }
}

DType FitRows(DType type, uint64_t columns) {
  if (columns % Info(type).block_elements != 0) type = SmallerBlocks(type);
  if (columns % Info(type).block_elements != 0) type = DType::kF16;
  return type;
}

class Chooser {
 public:
  Chooser(const QuantizationMix& mix, const MixModel& model, std::span<const MixTensor> tensors)
      : mix_(mix), model_(model) {
    tied_output_ = true;
    for (const MixTensor& tensor : tensors) {
      const Role role = RoleOf(tensor.name);
      if (role == Role::kOutput) tied_output_ = false;
      if (role == Role::kValue) ++values_;
    }
  }

  // In the order of layers.
  DType Next(const MixTensor& tensor) {
    if (!TakesMixedTypes(tensor)) return DType::kF32;
    const DType type = IsQuantized(mix_.base) ? Wanted(tensor) : mix_.base;
    return FitRows(type, tensor.shape.columns());
  }

 private:
  DType Wanted(const MixTensor& tensor) {
    const Role role = RoleOf(tensor.name);
    if (role == Role::kOutput || (tied_output_ && role == Role::kTokenEmbedding)) {
      return mix_.base == DType::kQ8_0 ? DType::kQ8_0 : DType::kQ6_K;
    }
    if (mix_.experts.layers == kAll && tensor.shape.rank() == 3) return mix_.experts.type;
    // In a mixture of eight these are a small part of the model.
    const bool eight_experts = model_.experts == 8;
    switch (role) {
      case Role::kTokenEmbedding:
        return First(std::span(&mix_.token_embedding, 1), {});
      case Role::kValue: {
        const Place place = {next_value_++, values_};
        return eight_experts ? DType::kQ8_0 : First(mix_.attention_v, place);
      }
      case Role::kKey:
        return eight_experts ? DType::kQ8_0 : mix_.base;
      case Role::kAttentionOutput:
        if (eight_experts && IsBelowFiveBits(mix_.base)) return DType::kQ5_K;
        return First(std::span(&mix_.attention_output, 1), {});
      case Role::kFfnDown:
        return First(mix_.ffn_down, {DownLayer(tensor.name), model_.layers});
      default:
        return mix_.base;
    }
  }

  static bool IsBelowFiveBits(DType type) {
    return type == DType::kQ2_K || type == DType::kQ3_K || type == DType::kQ4_K ||
           type == DType::kIQ4_NL || type == DType::kIQ4_XS;
  }

  // A layer of experts may have several such tensors, so there the name counts.
  uint64_t DownLayer(std::string_view name) {
    const uint64_t counted = next_down_++;
    return model_.experts > 1 ? LayerOf(name).value_or(counted) : counted;
  }

  DType First(std::span<const MixRule> rules, Place place) const {
    for (const MixRule& rule : rules) {
      if (AppliesTo(rule.layers, place, model_)) return rule.type;
    }
    return mix_.base;
  }

  const QuantizationMix& mix_;
  const MixModel& model_;
  bool tied_output_;
  uint64_t values_ = 0;  // tensors with that role
  uint64_t next_value_ = 0;
  uint64_t next_down_ = 0;
};

}  // namespace

std::span<const QuantizationMix> QuantizationMixes() { return kMixes; }

const QuantizationMix* FindQuantizationMix(std::string_view name) {
  for (const auto& [other, meant] : kOtherNames) {
    if (SameName(name, other)) name = meant;
  }
  for (const QuantizationMix& mix : kMixes) {
    if (SameName(name, mix.name)) return &mix;
  }
  return nullptr;
}

// Matrices that are no product's, or so small and so touchy that nothing is gained.
bool TakesMixedTypes(const MixTensor& tensor) {
  if (tensor.shape.rank() < 2 || !tensor.name.ends_with(".weight")) return false;
  constexpr std::string_view kNot[] = {
      "_norm.weight",         "ffn_gate_inp", "altup",          "laurel",
      "per_layer_model_proj", "ssm_conv1d",   "shortconv.conv", "attn_rel_b",
      "position_embd",        "token_types",  "time_mix_"};
  return std::none_of(std::begin(kNot), std::end(kNot),
                      [&](std::string_view part) { return Holds(tensor.name, part); });
}

std::vector<DType> TypesInMix(const QuantizationMix& mix, const MixModel& model,
                              std::span<const MixTensor> tensors) {
  std::vector<std::pair<uint64_t, size_t>> order;  // by layer, then as they came
  for (size_t i = 0; i < tensors.size(); ++i) {
    order.emplace_back(LayerOf(tensors[i].name).value_or(0), i);
  }
  std::sort(order.begin(), order.end());
  std::vector<DType> types(tensors.size());
  Chooser chooser(mix, model, tensors);
  for (const auto& [layer, i] : order) types[i] = chooser.Next(tensors[i]);
  return types;
}

}  // namespace ingle
