#include "models/huggingface/placing.h"

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace ingle {
namespace {

// What classes put before the names of the model itself.
constexpr std::string_view kPrefixes[] = {"model.language_model.",
                                          "language_model.model.",
                                          "language_model.",
                                          "model.",
                                          "transformer.",
                                          "gpt_neox.",
                                          "backbone.",
                                          "bert.",
                                          "roberta.",
                                          "distilbert."};

constexpr TensorRule kCommonTensors[] = {
    {"embed_tokens", "token_embd"},
    {"norm", "output_norm"},
    {"lm_head", "output"},
    {"layers.{}.input_layernorm", "blk.{}.attn_norm"},
    {"layers.{}.post_attention_layernorm", "blk.{}.ffn_norm"},
    {"layers.{}.self_attn.q_proj", "blk.{}.attn_q"},
    {"layers.{}.self_attn.k_proj", "blk.{}.attn_k"},
    {"layers.{}.self_attn.v_proj", "blk.{}.attn_v"},
    {"layers.{}.self_attn.o_proj", "blk.{}.attn_output"},
    {"layers.{}.self_attn.q_norm", "blk.{}.attn_q_norm"},
    {"layers.{}.self_attn.k_norm", "blk.{}.attn_k_norm"},
    {"layers.{}.mlp.gate_proj", "blk.{}.ffn_gate"},
    {"layers.{}.mlp.up_proj", "blk.{}.ffn_up"},
    {"layers.{}.mlp.down_proj", "blk.{}.ffn_down"},
    {"layers.{}.self_attn.rotary_emb.inv_freq", ""},
    {"rotary_emb.inv_freq", ""},
};

// The numbers at the pattern's {}, if the name is like it.
std::optional<std::vector<std::string_view>> Match(std::string_view pattern,
                                                   std::string_view name) {
  std::vector<std::string_view> numbers;
  while (true) {
    const size_t hole = pattern.find("{}");
    if (hole == std::string_view::npos) break;
    if (name.substr(0, hole) != pattern.substr(0, hole)) return std::nullopt;
    name.remove_prefix(hole);
    pattern.remove_prefix(hole + 2);
    const size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
    if (digits == 0 || digits > 5) return std::nullopt;
    numbers.push_back(name.substr(0, digits));
    name.remove_prefix(digits);
  }
  if (name != pattern) return std::nullopt;
  return numbers;
}

std::string Fill(std::string_view pattern, const std::vector<std::string_view>& numbers) {
  std::string filled;
  for (size_t i = 0; !pattern.empty(); ++i) {
    const size_t hole = pattern.find("{}");
    filled += pattern.substr(0, hole);
    if (hole == std::string_view::npos) break;
    if (i < numbers.size()) filled += numbers[i];
    pattern.remove_prefix(hole + 2);
  }
  return filled;
}

// Where a tensor goes; nothing if no rule knows it.
std::optional<Place> PlaceOf(std::string_view name, const HuggingFaceNames& names) {
  std::string_view suffix;
  std::string_view stem = name;
  for (const std::string_view end : {std::string_view(".weight"), std::string_view(".bias")}) {
    if (!stem.ends_with(end)) continue;
    stem.remove_suffix(end.size());
    suffix = end;
    break;
  }
  for (const std::span<const TensorRule> rules :
       {names.tensors, std::span<const TensorRule>(kCommonTensors)}) {
    for (const TensorRule& rule : rules) {
      for (const bool whole : {false, true}) {
        const auto numbers = Match(rule.name, whole ? name : stem);
        if (!numbers) continue;
        if (rule.to.empty()) return Place{"", rule.change};
        return Place{Cat(Fill(rule.to, *numbers), whole ? "" : suffix), rule.change};
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Place> FindPlace(std::string_view name, const HuggingFaceNames& names) {
  if (auto place = PlaceOf(name, names)) return place;
  for (const std::string_view prefix : kPrefixes) {
    if (!name.starts_with(prefix)) continue;
    if (auto place = PlaceOf(name.substr(prefix.size()), names)) return place;
  }
  return std::nullopt;
}

bool IsOfAnotherPart(std::string_view name) {
  if (name.starts_with("model.")) name.remove_prefix(6);
  for (const std::string_view part : {"visual.", "vision_tower.", "multi_modal_projector.",
                                      "embed_vision.", "audio_tower.", "embed_audio.", "mtp."}) {
    if (name.starts_with(part)) return true;
  }
  return false;
}

}  // namespace ingle
