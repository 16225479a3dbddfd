#include "base/control_groups.h"

#include <fstream>
#include <vector>

#include "base/error.h"

namespace ingle {
namespace {

// Whether one of names, which commas separate, is name.
bool HasName(const std::string& names, std::string_view name) {
  return Cat(",", names, ",").find(Cat(",", name, ",")) != std::string::npos;
}

// Where a hierarchy of groups with these controllers is mounted, below /sys/fs/cgroup, if it has
// this one. That of version 2 names none, and beside version 1 it has a folder of its own. Version
// 1 names a folder for its controllers, as /proc does, and has a link for each.
std::vector<std::string> MountsOf(const std::string& controllers, std::string_view controller) {
  if (controllers.empty()) return {"", "/unified"};
  if (!HasName(controllers, controller)) return {};
  return {Cat("/", controller), Cat("/", controllers)};
}

// The group's folder and those around it, up to where they are mounted: all that a container has
// may be this last one, its own group, while path is the host's.
void AddFolders(const std::string& mount, std::string path, std::set<std::string>& folders) {
  for (;;) {
    folders.insert(mount + path);
    if (path.empty()) return;
    path.resize(path.rfind('/'));
  }
}

}  // namespace

std::set<std::string> ControlGroupFolders(std::string_view controller, const std::string& root) {
  const std::string groups = root + "/sys/fs/cgroup";
  std::set<std::string> folders = {groups};  // where the process cannot see which are its own
  std::ifstream file(root + "/proc/self/cgroup");
  std::string number, controllers, path;
  while (std::getline(file, number, ':') && std::getline(file, controllers, ':') &&
         std::getline(file, path)) {
    if (!path.starts_with('/')) continue;
    for (const std::string& mount : MountsOf(controllers, controller)) {
      AddFolders(groups + mount, path, folders);
    }
  }
  return folders;
}

}  // namespace ingle
