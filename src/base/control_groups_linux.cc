#include "base/control_groups.h"

#include <fstream>

#include "base/error.h"

namespace ingle {
namespace {

// The path of this process's group: the line "0::/PATH".
std::string GroupPath(const std::string& root) {
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("0::/")) return line.substr(3);
  }
  return "/";
}

}  // namespace

std::vector<std::string> ControlGroupFolders(const std::string& root) {
  std::vector<std::string> folders;
  std::string path = GroupPath(root);
  for (;;) {
    folders.push_back(Cat(root, "/sys/fs/cgroup", path));
    if (path.empty() || path == "/") return folders;
    path.resize(path.rfind('/'));
  }
}

}  // namespace ingle
