#include "store/repository_models.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <system_error>

namespace ingle {
namespace {

namespace fs = std::filesystem;

// The quantizations that files are named for, in the order in which one is chosen when none was
// asked for.
constexpr std::string_view kQuants[] = {
    "Q4_K_M",  "Q4_K_S",  "Q4_K_L",  "Q4_K_XL", "Q4_K",      "Q4_0",    "Q4_1",    "IQ4_NL",
    "IQ4_XS",  "MXFP4",   "Q4",      "Q5_K_M",  "Q5_K_S",    "Q5_K",    "Q5_K_L",  "Q5_0",
    "Q5_1",    "Q5_K_XL", "Q5",      "Q6_K",    "Q6_K_L",    "Q6_K_XL", "Q6",      "Q8_0",
    "Q8_K_XL", "Q8",      "Q3_K_M",  "Q3_K_L",  "Q3_K_S",    "Q3_K",    "Q3_K_XL", "Q3",
    "IQ3_M",   "IQ3_S",   "IQ3_XS",  "IQ3_XXS", "NVFP4",     "BF16",    "F16",     "FP16",
    "F32",     "FP32",    "Q2_K",    "Q2_K_L",  "Q2_K_S",    "Q2_K_XL", "Q2",      "IQ2_M",
    "IQ2_S",   "IQ2_XS",  "IQ2_XXS", "TQ2_0",   "MXFP4_MOE", "IQ1_M",   "IQ1_S",   "TQ1_0",
};

// What a checkpoint's folder is read for, and what tells its licence. Weights are found by pattern.
constexpr std::string_view kCheckpointFiles[] = {
    "README.md",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "chat_template.jinja",
    "chat_template.json",
    "modules.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "1_Pooling/config.json",
};

std::string UpperCase(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return upper;
}

// "model-00002-of-00003" as "model", 2 and 3.
struct SplitName {
  std::string_view stem;
  int part;
  int parts;
};

std::optional<int> Digits(std::string_view text) {
  if (text.size() != 5 || text.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  return std::stoi(std::string(text));
}

std::optional<SplitName> ReadSplitName(std::string_view stem) {
  constexpr std::string_view kForm = "-00000-of-00000";
  if (stem.size() <= kForm.size()) return std::nullopt;
  const std::string_view tail = stem.substr(stem.size() - kForm.size());
  const std::optional<int> part = Digits(tail.substr(1, 5));
  const std::optional<int> parts = Digits(tail.substr(10, 5));
  if (tail[0] != '-' || tail.substr(6, 4) != "-of-" || !part || !parts) return std::nullopt;
  return SplitName{stem.substr(0, stem.size() - kForm.size()), *part, *parts};
}

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// "dir/model-Q4_K_M-00001-of-00002.gguf" as "model-Q4_K_M".
std::string_view StemOf(std::string_view path) {
  std::string_view stem = BaseName(path);
  stem.remove_suffix(std::string_view(".gguf").size());
  const std::optional<SplitName> split = ReadSplitName(stem);
  return split ? split->stem : stem;
}

// Whether name ends in the tag, in any case, as a word of its own.
bool EndsInTag(std::string_view name, std::string_view tag) {
  if (tag.empty() || tag.size() > name.size()) return false;
  const size_t begin = name.size() - tag.size();
  return UpperCase(name.substr(begin)) == UpperCase(tag) &&
         (begin == 0 || std::string_view("-._").find(name[begin - 1]) != std::string_view::npos);
}

// The longest quantization that the name ends in, as it is written there.
std::string_view QuantIn(std::string_view stem) {
  size_t longest = 0;
  for (const std::string_view quant : kQuants) {
    if (EndsInTag(stem, quant)) longest = std::max(longest, quant.size());
  }
  return stem.substr(stem.size() - longest);
}

bool IsGgufModel(std::string_view path) {
  if (!path.ends_with(".gguf")) return false;
  const std::string name = UpperCase(BaseName(path));
  return name.find("MMPROJ") == std::string::npos && name.find("IMATRIX") == std::string::npos;
}

void AddGgufModels(const std::vector<RepositoryFile>& files, std::vector<RepositoryModel>& models) {
  std::map<std::string, RepositoryModel> splits;  // by folder, stem and number of parts
  for (const RepositoryFile& file : files) {
    if (!IsGgufModel(file.path)) continue;
    const std::string quant(QuantIn(StemOf(file.path)));
    const std::string_view path = file.path;
    const auto split = ReadSplitName(path.substr(0, path.size() - 5));
    if (!split) {
      models.push_back({file.path, quant, {file}});
      continue;
    }
    RepositoryModel& model = splits[Cat(split->stem, "/", split->parts)];
    model.quant = quant;
    model.files.push_back(file);
  }
  for (auto& [key, model] : splits) {
    // Files come by path, which for parts is by number.
    model.path = model.files.front().path;
    const auto first = ReadSplitName(std::string_view(model.path).substr(0, model.path.size() - 5));
    const auto parts = static_cast<size_t>(first->parts);
    if (first->part != 1 || model.files.size() != parts) continue;
    std::rotate(model.files.begin(), model.files.begin() + 1, model.files.end());
    models.push_back(std::move(model));
  }
}

// The weights of a checkpoint: one file, or shards of which none is missing. Empty without them.
std::vector<RepositoryFile> Weights(const std::vector<RepositoryFile>& files) {
  constexpr std::string_view kEnding = ".safetensors";
  std::vector<RepositoryFile> shards;
  size_t expected = 0;
  bool index = false;
  for (const RepositoryFile& file : files) {
    if (file.path == "model.safetensors") return {file};
    index = index || file.path == "model.safetensors.index.json";
    if (!file.path.ends_with(kEnding)) {
      if (file.path == "model.safetensors.index.json") shards.push_back(file);
      continue;
    }
    const std::string_view path = file.path;
    const auto shard = ReadSplitName(path.substr(0, path.size() - kEnding.size()));
    if (!shard || shard->stem != "model") continue;
    expected = static_cast<size_t>(shard->parts);
    shards.push_back(file);
  }
  // At least: some count their shards from 0, and have one more than they say.
  return index && shards.size() > expected ? shards : std::vector<RepositoryFile>();
}

void AddCheckpoint(const std::vector<RepositoryFile>& files, std::vector<RepositoryModel>& models) {
  const auto config = std::find_if(files.begin(), files.end(), [](const RepositoryFile& file) {
    return file.path == "config.json";
  });
  RepositoryModel model;
  model.files = Weights(files);
  if (config == files.end() || model.files.empty()) return;
  for (const RepositoryFile& file : files) {
    if (std::find(std::begin(kCheckpointFiles), std::end(kCheckpointFiles), file.path) !=
        std::end(kCheckpointFiles)) {
      model.files.push_back(file);
    }
  }
  model.files.push_back(*config);
  models.push_back(std::move(model));
}

std::string Listed(const std::vector<const RepositoryModel*>& models) {
  constexpr size_t kMost = 24;
  std::string list;
  for (size_t i = 0; i < models.size() && i < kMost; ++i) {
    const std::string& path = models[i]->path;
    list += Cat(i == 0 ? "" : ", ", path.empty() ? "a safetensors checkpoint" : Quote(path));
  }
  if (models.size() > kMost) list += Cat(" and ", models.size() - kMost, " more");
  return list;
}

std::string Listed(const std::vector<RepositoryModel>& models) {
  std::vector<const RepositoryModel*> all;
  for (const RepositoryModel& model : models) all.push_back(&model);
  return Listed(all);
}

// A path up to its quantization, and without what makers put before that for their own kind of it:
// the same for files that are the same model in the same type.
std::string BaseOf(const RepositoryModel& model, std::string_view tag) {
  const std::string_view stem = StemOf(model.path);
  const size_t end = static_cast<size_t>(stem.data() - model.path.data()) + stem.size();
  std::string base = UpperCase(model.path.substr(0, end - tag.size()));
  for (const std::string_view prefix : {"-UD-", ".UD-", "-I1-", ".I1-"}) {
    if (base.ends_with(prefix)) base.resize(base.size() - prefix.size() + 1);
  }
  return base;
}

// The models whose names end in the tag. Of several that differ by the maker's prefix alone, the
// one without it.
std::vector<const RepositoryModel*> WithTag(const std::vector<RepositoryModel>& models,
                                            std::string_view tag) {
  std::vector<const RepositoryModel*> found;
  for (const RepositoryModel& model : models) {
    // "M" is no name for a Q4_K_M.
    if (!model.path.empty() && tag.size() >= model.quant.size() &&
        EndsInTag(StemOf(model.path), tag)) {
      found.push_back(&model);
    }
  }
  const bool same = std::all_of(found.begin(), found.end(), [&](const RepositoryModel* model) {
    return BaseOf(*model, tag) == BaseOf(*found.front(), tag);
  });
  if (found.size() < 2 || !same) return found;
  return {*std::min_element(found.begin(), found.end(),
                            [](const RepositoryModel* a, const RepositoryModel* b) {
                              return StemOf(a->path).size() < StemOf(b->path).size();
                            })};
}

Result<RepositoryModel> OnlyOne(const std::vector<const RepositoryModel*>& found,
                                const HubReference& reference) {
  if (found.size() == 1) return *found.front();
  return Fail(ErrorCode::kInvalidArgument, "several files of ", reference.whole(),
              " fit: ", Listed(found), "; name one, as ", reference.whole(), "/",
              found.front()->path);
}

Result<RepositoryModel> ByFile(const std::vector<RepositoryModel>& models,
                               const HubReference& reference) {
  for (const RepositoryModel& model : models) {
    const bool part =
        std::any_of(model.files.begin(), model.files.end(), [&](const RepositoryFile& file) {
          return !model.path.empty() && file.path == reference.file;
        });
    if (part) return model;
  }
  return Fail(ErrorCode::kNotFound, reference.whole(), " has no file ", Quote(reference.file),
              "; it has ", Listed(models));
}

}  // namespace

uint64_t RepositoryModel::bytes() const {
  uint64_t sum = 0;
  for (const RepositoryFile& file : files) sum += file.size;
  return sum;
}

std::vector<RepositoryModel> ModelsOf(std::vector<RepositoryFile> files) {
  std::sort(files.begin(), files.end(),
            [](const RepositoryFile& a, const RepositoryFile& b) { return a.path < b.path; });
  const auto same = [](const auto& a, const auto& b) { return a.path == b.path; };
  files.erase(std::unique(files.begin(), files.end(), same), files.end());
  std::vector<RepositoryModel> models;
  AddCheckpoint(files, models);
  AddGgufModels(files, models);
  std::stable_sort(models.begin(), models.end(),
                   [](const auto& a, const auto& b) { return a.path < b.path; });
  return models;
}

Result<RepositoryModel> ChooseModel(const std::vector<RepositoryModel>& models,
                                    const HubReference& reference) {
  if (models.empty()) {
    return Fail(ErrorCode::kNotFound, reference.whole(),
                " holds neither GGUF files nor a checkpoint of config.json and safetensors");
  }
  if (!reference.file.empty()) return ByFile(models, reference);
  if (!reference.quant.empty()) {
    const std::vector<const RepositoryModel*> found = WithTag(models, reference.quant);
    if (!found.empty()) return OnlyOne(found, reference);
    return Fail(ErrorCode::kNotFound, reference.whole(), " has no file in ", Quote(reference.quant),
                "; it has ", Listed(models));
  }
  for (const std::string_view quant : kQuants) {
    const std::vector<const RepositoryModel*> found = WithTag(models, quant);
    if (!found.empty()) return OnlyOne(found, reference);
  }
  std::vector<const RepositoryModel*> found;
  for (const RepositoryModel& model : models) {
    if (!model.path.empty()) found.push_back(&model);
  }
  if (found.empty()) return models.front();  // the checkpoint
  return OnlyOne(found, reference);
}

std::string SuffixOf(const RepositoryModel& model, const std::vector<RepositoryModel>& models) {
  if (model.path.empty()) return "";
  const auto same = std::count_if(models.begin(), models.end(), [&](const auto& other) {
    return !model.quant.empty() && UpperCase(other.quant) == UpperCase(model.quant);
  });
  return same == 1 ? ":" + model.quant : "/" + model.path;
}

std::vector<RepositoryFile> FilesBelow(const std::string& folder) {
  constexpr int kDeepest = 4;
  constexpr size_t kMost = 10000;
  std::vector<RepositoryFile> files;
  std::error_code error;
  fs::recursive_directory_iterator it(folder, error);
  for (const fs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    if (it.depth() >= kDeepest) it.disable_recursion_pending();
    std::error_code gone;  // a link to nowhere, a file that another program has just removed
    if (!it->is_regular_file(gone) || gone) continue;
    const uint64_t size = it->file_size(gone);
    std::string path = it->path().string().substr(folder.size() + 1);
    if (!gone && IsSafePath(path)) files.push_back({std::move(path), size});
    if (files.size() == kMost) break;
  }
  return files;
}

}  // namespace ingle
