// Where Ingle keeps things, by the XDG base directory specification.
#pragma once

#include <string>
#include <vector>

namespace ingle {

struct Paths {
  std::string config_file;     // $XDG_CONFIG_HOME/ingle/config.toml
  std::string user_catalogue;  // $XDG_CONFIG_HOME/ingle/catalogue.toml
  std::string catalogue;       // INGLE_CATALOGUE, or beside the program; empty when not found
  std::string models;          // INGLE_MODELS, or INGLE_HOME/models, or $XDG_DATA_HOME/ingle/models
  std::string history;         // $XDG_STATE_HOME/ingle/history
  std::string panels;          // INGLE_HOME/panels, or $XDG_CACHE_HOME/ingle/panels
  std::string tunings;         // INGLE_HOME/tunings, or in $XDG_CACHE_HOME/ingle
  std::string hub_token;       // HF_TOKEN_PATH, or HF_HOME/token: what `hf auth login` writes

  // Where other programs keep models.
  std::string hub_cache;               // HF_HUB_CACHE, or HF_HOME/hub
  std::vector<std::string> ollama;     // OLLAMA_MODELS, or the user's and the service's folder
  std::vector<std::string> lm_studio;  // the folders of LM Studio itself
};

// From the environment, as it is now.
Paths FindPaths();

// An environment variable; empty when it is not set.
std::string Environment(const char* name);

}  // namespace ingle
