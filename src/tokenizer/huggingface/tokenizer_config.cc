#include "tokenizer/huggingface/tokenizer_config.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace ingle {
namespace {

using nlohmann::json;

Result<json> Parse(std::string_view name, const std::string& text) {
  if (text.empty()) return json::object();
  json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return Fail(ErrorCode::kCorrupt, name, " is no JSON object");
  return parsed;
}

// "<s>", or {"content": "<s>"}.
std::string TokenText(const json& config, const char* field) {
  const auto found = config.find(field);
  if (found == config.end()) return "";
  if (found->is_string()) return found->get<std::string>();
  if (found->is_object() && found->contains("content") && (*found)["content"].is_string()) {
    return (*found)["content"].get<std::string>();
  }
  return "";
}

std::optional<TokenId> FindId(const TokenizerSpec& spec, const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto found = std::find(spec.tokens.begin(), spec.tokens.end(), text);
  if (found == spec.tokens.end()) return std::nullopt;
  return static_cast<TokenId>(found - spec.tokens.begin());
}

// One id or a list of them; those that are no tokens end nothing.
void AddEnds(const json& config, TokenizerSpec& spec) {
  const auto found = config.find("eos_token_id");
  if (found == config.end()) return;
  const json ids = found->is_array() ? *found : json::array({*found});
  for (const json& id : ids) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() >= spec.tokens.size()) continue;
    spec.pipeline->ends.push_back(id.get<TokenId>());
  }
}

// Before 5.0 the class put these in place of what tokenizer.json says, and files were made for
// that.
void ApplyFlag(const json& config, const char* field, std::optional<TokenId> id,
               std::vector<TokenId>& place) {
  const auto found = config.find(field);
  if (found == config.end() || !found->is_boolean() || !id) return;
  const bool has_it = std::find(place.begin(), place.end(), *id) != place.end();
  if (found->get<bool>() && !has_it) place.insert(place.begin(), *id);
  if (!found->get<bool>()) std::erase(place, *id);
}

// A text; or a list of {"name": ..., "template": ...}, of which "default" counts, or the only one.
Status ReadChatTemplate(const json& config, TokenizerFromFiles& result) {
  const auto found = config.find("chat_template");
  if (found == config.end() || found->is_null()) return {};
  result.chat_template_field = "tokenizer_config.json: chat_template";
  if (found->is_string()) {
    result.chat_template = found->get<std::string>();
    return {};
  }
  if (found->is_array()) {
    for (const json& row : *found) {
      if (!row.is_object() || !row.contains("template") || !row["template"].is_string()) continue;
      if (found->size() > 1 && row.value("name", json()) != "default") continue;
      result.chat_template = row["template"].get<std::string>();
      return {};
    }
  }
  return Fail(ErrorCode::kCorrupt, result.chat_template_field,
              " is neither a text nor a list with one that is named default");
}

}  // namespace

Status ReadTokenizerConfig(const TokenizerFiles& files, TokenizerFromFiles& result) {
  const auto config = Parse("tokenizer_config.json", files.tokenizer_config_json);
  if (!config) return Fail(config.error());
  const auto map = Parse("special_tokens_map.json", files.special_tokens_map_json);
  if (!map) return Fail(map.error());
  const auto generation = Parse("generation_config.json", files.generation_config_json);
  if (!generation) return Fail(generation.error());
  const auto model = Parse("config.json", files.config_json);
  if (!model) return Fail(model.error());

  TokenizerSpec& spec = result.spec;
  const auto marker = [&](const char* field) {
    const auto id = FindId(spec, TokenText(*config, field));
    return id ? id : FindId(spec, TokenText(*map, field));
  };
  spec.bos = marker("bos_token");
  spec.eos = marker("eos_token");
  AddEnds(*generation, spec);
  AddEnds(*model, spec);
  ApplyFlag(*config, "add_bos_token", spec.bos, spec.pipeline->before);
  ApplyFlag(*config, "add_eos_token", spec.eos, spec.pipeline->after);

  if (!files.chat_template_jinja.empty()) {
    result.chat_template = files.chat_template_jinja;
    result.chat_template_field = "chat_template.jinja";
    return {};
  }
  return ReadChatTemplate(*config, result);
}

}  // namespace ingle
