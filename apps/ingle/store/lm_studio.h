// LM Studio's folder of models, laid out as on a hub: USER/REPO/FILE.gguf.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/kept_model.h"

namespace ingle {

// lmstudio/USER/REPO[:QUANT], or lmstudio/USER/REPO/FILE.gguf.
bool IsLmStudioName(std::string_view text);

// homes: LM Studio's own folders, whose settings may name another folder for models.
std::vector<KeptModel> ModelsOfLmStudio(const std::vector<std::string>& homes);

// Fails with kNotFound, or kInvalidArgument where the name is none or fits several models.
// REQUIRES: IsLmStudioName(text).
Result<KeptModel> FindInLmStudio(std::string_view text, const std::vector<std::string>& homes);

}  // namespace ingle
