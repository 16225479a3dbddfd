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

size_t CountWhile(std::string_view text, std::string_view alphabet) {
  return std::min(text.find_first_not_of(alphabet), text.size());
}

bool MatchFrom(std::string_view pattern, std::string_view name,
               std::vector<std::string_view>& numbers) {
  constexpr std::string_view kDigits = "0123456789";
  constexpr std::string_view kWord = "abcdefghijklmnopqrstuvwxyz_0123456789";
  while (!pattern.empty() && pattern[0] != '*') {
    if (pattern.starts_with("{}")) {
      const size_t digits = CountWhile(name, kDigits);
      if (digits == 0 || digits > 5) return false;
      numbers.push_back(name.substr(0, digits));
      name.remove_prefix(digits);
      pattern.remove_prefix(2);
      continue;
    }
    if (name.empty() || name[0] != pattern[0]) return false;
    name.remove_prefix(1);
    pattern.remove_prefix(1);
  }
  if (pattern.empty()) return name.empty();
  const size_t before = numbers.size();
  for (size_t length = CountWhile(name, kWord) + 1; length-- > 0;) {
    if (MatchFrom(pattern.substr(1), name.substr(length), numbers)) return true;
    numbers.resize(before);
  }
  return false;
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

// "blk.0.attn_q" and ".bias".
std::pair<std::string_view, std::string_view> SplitSuffix(std::string_view name) {
  for (const std::string_view end : {".weight", ".bias"}) {
    if (!name.ends_with(end)) continue;
    return {name.substr(0, name.size() - end.size()), name.substr(name.size() - end.size())};
  }
  return {name, {}};
}

// Where a tensor goes; nothing if no rule knows it.
std::optional<Place> PlaceOf(std::string_view name, const HuggingFaceNames& names) {
  const auto [stem, suffix] = SplitSuffix(name);
  for (const std::span<const TensorRule> rules :
       {names.tensors, std::span<const TensorRule>(kCommonTensors)}) {
    for (const TensorRule& rule : rules) {
      for (const bool whole : {false, true}) {
        const auto numbers = MatchName(rule.name, whole ? name : stem);
        if (!numbers) continue;
        if (rule.to.empty()) return Place{"", rule.change};
        return Place{Cat(Fill(rule.to, *numbers), whole ? "" : suffix), rule.change};
      }
    }
  }
  return std::nullopt;
}

// By the family's rules, the other way round; without a prefix.
std::optional<std::string> NameInClass(std::string_view tensor, const HuggingFaceNames& names) {
  const auto [stem, suffix] = SplitSuffix(tensor);
  const std::string_view above = stem.substr(0, stem.rfind('.'));  // of an expert, of all of them
  const std::pair<std::string, std::string_view> forms[] = {
      {std::string(stem), suffix},       {std::string(tensor), ""},
      {Cat(stem, ".0"), suffix},  // one that checkpoints have in parts
      {Cat(above, "_exps", suffix), ""}, {Cat(above, "_exps"), suffix},
  };
  for (const auto& [form, rest] : forms) {
    for (const std::span<const TensorRule> rules :
         {names.tensors, std::span<const TensorRule>(kCommonTensors)}) {
      for (const TensorRule& rule : rules) {
        if (rule.to.empty()) continue;
        if (const auto numbers = MatchName(rule.to, form)) {
          return Cat(Fill(rule.name, *numbers), rest);
        }
      }
    }
  }
  return std::nullopt;
}

struct NameOfLayer {
  std::string_view before, layer, after;
};

// At the first number behind `start`.
std::optional<NameOfLayer> SplitLayer(std::string_view name, std::string_view start) {
  constexpr std::string_view kDigits = "0123456789";
  const size_t found = name.find(start);
  if (found == std::string_view::npos) return std::nullopt;
  const size_t begin = name.find_first_of(kDigits, found);
  if (begin == std::string_view::npos) return std::nullopt;
  const size_t digits = CountWhile(name.substr(begin), kDigits);
  return NameOfLayer{name.substr(0, begin), name.substr(begin, digits),
                     name.substr(begin + digits)};
}

// As the checkpoint calls the same tensor of another layer.
std::optional<std::string> NameInLayer(std::string_view tensor, const OwnNames& own) {
  const auto wanted = SplitLayer(tensor, "blk.");
  if (!wanted) return std::nullopt;
  for (const auto& [place, name] : own) {
    const auto other = SplitLayer(place, "blk.");
    if (!other || other->before != wanted->before || other->after != wanted->after) continue;
    const auto parts = SplitLayer(name, "");
    if (!parts || parts->layer != other->layer) continue;
    return Cat(parts->before, wanted->layer, parts->after);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::vector<std::string_view>> MatchName(std::string_view pattern,
                                                       std::string_view name) {
  std::vector<std::string_view> numbers;
  if (!MatchFrom(pattern, name, numbers)) return std::nullopt;
  return numbers;
}

std::string NameInCheckpoint(std::string_view tensor, const OwnNames& own, std::string_view prefix,
                             const HuggingFaceNames& names) {
  if (const auto found = own.find(tensor); found != own.end()) return found->second;
  if (auto name = NameInLayer(tensor, own)) return *std::move(name);
  const auto name = NameInClass(tensor, names);
  if (!name) return std::string(tensor);
  const bool is_head = tensor.starts_with("output.") || tensor.starts_with("cls");
  return Cat(is_head ? "" : prefix, *name);
}

std::optional<Place> FindPlace(std::string_view name, const HuggingFaceNames& names) {
  if (auto place = PlaceOf(name, names)) return place;
  for (const std::string_view prefix : kPrefixes) {
    if (!name.starts_with(prefix)) continue;
    auto place = PlaceOf(name.substr(prefix.size()), names);
    if (!place) continue;
    place->prefix = prefix;
    return place;
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
