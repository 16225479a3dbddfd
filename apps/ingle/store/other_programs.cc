#include "store/other_programs.h"

#include <iterator>

#include "store/hugging_face_cache.h"
#include "store/lm_studio.h"
#include "store/ollama.h"

namespace ingle {

bool IsNameOfOthers(std::string_view text) { return IsOllamaName(text) || IsLmStudioName(text); }

Result<KeptModel> FindOfOthers(std::string_view text, const Paths& paths) {
  return IsOllamaName(text) ? FindInOllama(text, paths.ollama)
                            : FindInLmStudio(text, paths.lm_studio);
}

std::vector<KeptModel> ModelsOfOthers(const Paths& paths) {
  std::vector<KeptModel> all = ModelsInHubCache(paths.hub_cache);
  for (std::vector<KeptModel> more :
       {ModelsOfOllama(paths.ollama), ModelsOfLmStudio(paths.lm_studio)}) {
    std::move(more.begin(), more.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace ingle
