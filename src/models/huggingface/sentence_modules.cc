#include "models/huggingface/sentence_modules.h"

#include <nlohmann/json.hpp>

namespace ingle {
namespace {

using nlohmann::json;

constexpr uint32_t kLongestText = 1u << 28;

// Null where there is no such file. What is no JSON object or list is an error.
Result<json> ReadJson(const ReadFile& read, const std::string& file) {
  const auto text = read(file);
  if (!text) return Fail(text.error());
  if (!*text) return json();
  json parsed = json::parse(**text, nullptr, false);
  if (!parsed.is_structured()) return Fail(ErrorCode::kCorrupt, file, " is no JSON");
  return parsed;
}

bool IsTrue(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

std::string TextIn(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

struct PoolingMode {
  const char* name;
  const char* field;  // of older files, true or false
  std::optional<Pooling> pooling;
};
constexpr PoolingMode kModes[] = {
    {"mean", "pooling_mode_mean_tokens", Pooling::kMean},
    {"cls", "pooling_mode_cls_token", Pooling::kCls},
    {"lasttoken", "pooling_mode_lasttoken", Pooling::kLast},
    {"max", "pooling_mode_max_tokens", {}},
    {"mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens", {}},
    {"weightedmean", "pooling_mode_weightedmean_tokens", {}},
};

// One of them; several side by side are refused like those that are not known.
Status ReadPooling(const ReadFile& read, const std::string& file, SentenceModules& modules) {
  const auto config = ReadJson(read, file);
  if (!config) return Fail(config.error());
  if (!config->is_object()) return {};
  const std::string named = TextIn(*config, "pooling_mode");
  for (const PoolingMode& mode : kModes) {
    if (named != mode.name && !IsTrue(*config, mode.field)) continue;
    if (!mode.pooling || modules.pooling) {
      return Fail(ErrorCode::kUnsupported, file, ": field ", mode.field,
                  " asks for a pooling that Ingle lacks; it has one of mean, cls and last");
    }
    modules.pooling = mode.pooling;
  }
  return {};
}

// The last part of "sentence_transformers.models.Pooling".
std::string KindOf(const json& module) {
  const std::string type = TextIn(module, "type");
  return type.substr(type.rfind('.') + 1);
}

Status ReadModules(const ReadFile& read, SentenceModules& modules) {
  constexpr const char* kFile = "modules.json";
  const auto listed = ReadJson(read, kFile);
  if (!listed) return Fail(listed.error());
  for (const json& module : *listed) {
    const std::string kind = module.is_object() ? KindOf(module) : "";
    if (kind == "Transformer" || kind == "Normalize") continue;
    if (kind != "Pooling") {
      return Fail(ErrorCode::kUnsupported, kFile, " has the module ", Quote(kind),
                  "; known are Transformer, Pooling and Normalize");
    }
    const std::string path = TextIn(module, "path");
    if (path.find("..") != std::string::npos || path.starts_with('/')) {
      return Fail(ErrorCode::kCorrupt, kFile, ": the path ", Quote(path), " leaves the folder");
    }
    const Status pooling = ReadPooling(read, path + "/config.json", modules);
    if (!pooling) return pooling;
  }
  return {};
}

Status ReadLength(const ReadFile& read, SentenceModules& modules) {
  const auto config = ReadJson(read, "sentence_bert_config.json");
  if (!config) return Fail(config.error());
  if (!config->is_object()) return {};
  const auto length = config->find("max_seq_length");
  if (length == config->end() || !length->is_number_unsigned()) return {};
  const auto tokens = length->get<uint64_t>();
  if (tokens > 0 && tokens <= kLongestText) modules.longest_text = static_cast<uint32_t>(tokens);
  return {};
}

}  // namespace

SentenceModules ReadSentenceModules(const std::string& folder, const ReadFile& read) {
  SentenceModules modules;
  for (const Status& done : {ReadModules(read, modules), ReadLength(read, modules)}) {
    if (!done && !modules.error) modules.error = done.error().In(folder);
  }
  return modules;
}

}  // namespace ingle
