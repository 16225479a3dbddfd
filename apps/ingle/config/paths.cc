#include "config/paths.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "files/file_io.h"

namespace ingle {
namespace {

std::string HomeFolder() {
  std::string home = Environment("HOME");
  if (!home.empty()) return home;
  const passwd* user = getpwuid(getuid());
  return user != nullptr && user->pw_dir != nullptr ? user->pw_dir : "/";
}

// The specification says that a value which is not absolute is to be ignored.
std::string XdgBase(const char* name, const char* fallback) {
  std::string folder = Environment(name);
  return !folder.empty() && folder.front() == '/' ? folder : HomeFolder() + "/" + fallback;
}

std::string XdgFolder(const char* name, const char* fallback) {
  return XdgBase(name, fallback) + "/ingle";
}

// The variable, or else the fallback.
std::string EnvironmentOr(const char* name, const std::string& fallback) {
  const std::string value = Environment(name);
  return value.empty() ? fallback : value;
}

std::string HuggingFaceHome() {
  return EnvironmentOr("HF_HOME", XdgBase("XDG_CACHE_HOME", ".cache") + "/huggingface");
}

std::vector<std::string> OllamaFolders() {
  const std::string chosen = Environment("OLLAMA_MODELS");
  if (!chosen.empty()) return {chosen};
  return {HomeFolder() + "/.ollama/models", "/usr/share/ollama/.ollama/models"};
}

std::string ModelsFolder() {
  std::string folder = Environment("INGLE_MODELS");
  if (!folder.empty()) return folder;
  folder = Environment("INGLE_HOME");
  if (!folder.empty()) return folder + "/models";
  return XdgFolder("XDG_DATA_HOME", ".local/share") + "/models";
}

std::string CacheFolder() {
  const std::string home = Environment("INGLE_HOME");
  return home.empty() ? XdgFolder("XDG_CACHE_HOME", ".cache") : home;
}

// PREFIX/share/ingle/catalogue.toml for PREFIX/bin/ingle; the source tree's own while the program
// runs where it was built.
std::string CatalogueFile() {
  std::string file = Environment("INGLE_CATALOGUE");
  if (!file.empty()) return file;
  std::array<char, 4096> buffer;
  const ssize_t length = readlink("/proc/self/exe", buffer.data(), buffer.size());
  if (length > 0 && static_cast<size_t>(length) < buffer.size()) {
    const std::string program(buffer.data(), static_cast<size_t>(length));
    file = ParentOf(ParentOf(program)) + "/share/ingle/catalogue.toml";
    if (FileExists(file)) return file;
  }
  file = std::string(INGLE_SOURCE_SHARE) + "/catalogue.toml";
  return FileExists(file) ? file : "";
}

}  // namespace

Paths FindPaths() {
  const std::string config = XdgFolder("XDG_CONFIG_HOME", ".config");
  Paths paths;
  paths.config_file = config + "/config.toml";
  paths.user_catalogue = config + "/catalogue.toml";
  paths.catalogue = CatalogueFile();
  paths.models = ModelsFolder();
  paths.history = XdgFolder("XDG_STATE_HOME", ".local/state") + "/history";
  paths.panels = CacheFolder() + "/panels";
  paths.tunings = CacheFolder() + "/tunings";
  paths.hub_token = EnvironmentOr("HF_TOKEN_PATH", HuggingFaceHome() + "/token");
  paths.hub_cache = EnvironmentOr("HF_HUB_CACHE", HuggingFaceHome() + "/hub");
  paths.ollama = OllamaFolders();
  paths.lm_studio = {HomeFolder() + "/.lmstudio",
                     XdgBase("XDG_CACHE_HOME", ".cache") + "/lm-studio"};
  return paths;
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

}  // namespace ingle
