// Where a checkpoint's tensors go, by their names.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/huggingface/names.h"

namespace ingle {

struct Place {
  std::string name;  // in GGUF, with ".weight" or ".bias"; empty: nothing that computes
  TensorChange change;
  std::string_view prefix{};  // of the class, before the name: "model."
};

// The numbers at the {} of a pattern, if the name is like it; * is a word of letters, digits and _.
std::optional<std::vector<std::string_view>> MatchName(std::string_view pattern,
                                                       std::string_view name);

// By the family's rules, then the common ones, the prefixes of classes taken off. Nothing if none
// knows the name.
std::optional<Place> FindPlace(std::string_view name, const HuggingFaceNames& names);

// What checkpoints call the tensors of GGUF.
using OwnNames = std::map<std::string, std::string, std::less<>>;

// The other way: what a checkpoint calls a tensor of GGUF, or would if it had it. own: of those
// that it has. prefix: before the names of its layers, "model.". The name itself where no rule
// leads to it.
std::string NameInCheckpoint(std::string_view tensor, const OwnNames& own, std::string_view prefix,
                             const HuggingFaceNames& names);

// Parts of a larger checkpoint that text does without: what sees and hears, what predicts further
// tokens.
bool IsOfAnotherPart(std::string_view name);

}  // namespace ingle
