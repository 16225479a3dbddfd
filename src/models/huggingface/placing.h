// Where a checkpoint's tensors go, by their names.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "models/huggingface/names.h"

namespace ingle {

struct Place {
  std::string name;  // in GGUF, with ".weight" or ".bias"; empty: nothing that computes
  TensorChange change;
};

// By the family's rules, then the common ones, the prefixes of classes taken off. Nothing if none
// knows the name.
std::optional<Place> FindPlace(std::string_view name, const HuggingFaceNames& names);

// Parts of a larger checkpoint that text does without: what sees and hears, what predicts further
// tokens.
bool IsOfAnotherPart(std::string_view name);

}  // namespace ingle
