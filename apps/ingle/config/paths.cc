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
std::string XdgFolder(const char* name, const char* fallback) {
  std::string folder = Environment(name);
  if (folder.empty() || folder.front() != '/') folder = HomeFolder() + "/" + fallback;
  return folder + "/ingle";
}

std::string ModelsFolder() {
  std::string folder = Environment("INGLE_MODELS");
  if (!folder.empty()) return folder;
  folder = Environment("INGLE_HOME");
  if (!folder.empty()) return folder + "/models";
  return XdgFolder("XDG_DATA_HOME", ".local/share") + "/models";
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
  return paths;
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

}  // namespace ingle
