// The models that other programs keep on this machine: Hugging Face's library, Ollama, LM Studio.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/paths.h"
#include "store/hub_reference.h"
#include "store/kept_model.h"

namespace ingle {

// Whether text names a model as a program's own: ollama/... or lmstudio/...
bool IsNameOfOthers(std::string_view text);

// Fails as FindInOllama and FindInLmStudio do. REQUIRES: IsNameOfOthers(text).
Result<KeptModel> FindOfOthers(std::string_view text, const Paths& paths);

// All of them, program after program.
std::vector<KeptModel> ModelsOfOthers(const Paths& paths);

}  // namespace ingle
