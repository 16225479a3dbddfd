#include "store/catalogue.h"

#include <algorithm>

#include "config/toml_file.h"
#include "files/file_io.h"
#include "store/checksum.h"
#include "store/http.h"
#include "store/model_store.h"

namespace ingle {
namespace {

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// A word that cannot be taken for a path, a flag or anything else by what it is handed to.
bool IsPlainWord(std::string_view word, size_t longest) {
  return !word.empty() && word.size() <= longest && IsPlain(word.front()) &&
         word.find("..") == std::string_view::npos &&
         std::all_of(word.begin(), word.end(), [](char c) {
           return IsPlain(c) || c == '.' || c == '_' || c == '-' || c == '+';
         });
}

Result<ModelSource> ReadWheel(const TomlTable& table) {
  const Status keys = table.RefuseOthers({"package", "version", "member", "size"});
  if (!keys) return Fail(keys.error());
  const Result<std::string> package = table.String("package");
  if (!package) return Fail(package.error());
  const Result<std::string> version = table.String("version");
  if (!version) return Fail(version.error());
  const Result<std::string> member = table.String("member");
  if (!member) return Fail(member.error());
  const Result<uint64_t> size = table.UintOr("size", 0);
  if (!size) return Fail(size.error());
  if (!IsPlainWord(*package, 128)) {
    return Fail(ErrorCode::kCorrupt, table.Where("package"), ": not the name of a package");
  }
  if (!IsPlainWord(*version, 64)) {
    return Fail(ErrorCode::kCorrupt, table.Where("version"), ": not a version");
  }
  return WheelSource{*package, *version, *member, *size};
}

Result<ModelSource> ReadSource(const TomlTable& table) {
  const Status keys = table.RefuseOthers({"url", "wheel"});
  if (!keys) return Fail(keys.error());
  if (table.table().contains("wheel")) {
    const Result<TomlTable> wheel = table.Table("wheel");
    if (!wheel) return Fail(wheel.error());
    return ReadWheel(*wheel);
  }
  const Result<std::string> url = table.String("url");
  if (!url) return Fail(url.error());
  if (!IsAllowedUrl(*url)) {
    return Fail(ErrorCode::kCorrupt, table.Where("url"), ": ", Quote(*url),
                " is no https address (http is for this machine alone)");
  }
  return UrlSource{*url};
}

Result<std::vector<ModelSource>> ReadSources(const TomlTable& entry, const std::string& file) {
  std::vector<ModelSource> sources;
  const toml::node* node = entry.table().get("sources");
  const toml::array* array = node != nullptr ? node->as_array() : nullptr;
  if (array == nullptr || array->empty()) {
    return Fail(ErrorCode::kCorrupt, entry.Where("sources"), ": not a list of sources");
  }
  for (const toml::node& element : *array) {
    const toml::table* table = element.as_table();
    if (table == nullptr) {
      return Fail(ErrorCode::kCorrupt, entry.Where(element, "sources"), ": not a table");
    }
    Result<ModelSource> source = ReadSource(TomlTable(*table, file, "sources"));
    if (!source) return Fail(source.error());
    sources.push_back(std::move(*source));
  }
  return sources;
}

// What the fields mean, beyond having the right type.
Status CheckEntry(const TomlTable& table, const CatalogueEntry& entry) {
  if (!IsPlainWord(entry.file, 200)) {
    return Fail(ErrorCode::kCorrupt, table.Where("file"), ": ", Quote(entry.file),
                " is not a bare file name");
  }
  if (!entry.file.ends_with(".gguf")) {
    return Fail(ErrorCode::kCorrupt, table.Where("file"), ": ", Quote(entry.file),
                " does not end in .gguf");
  }
  if (entry.size == 0) return Fail(ErrorCode::kCorrupt, table.Where("size"), ": zero");
  if (!IsDigestOf(Checksum::Kind::kSha256, entry.sha256)) {
    return Fail(ErrorCode::kCorrupt, table.Where("sha256"),
                ": not 64 hexadecimal digits in lower case");
  }
  return {};
}

Result<CatalogueEntry> ReadEntry(const TomlTable& table, std::string_view name,
                                 const std::string& file) {
  const Status keys =
      table.RefuseOthers({"description", "licence", "file", "size", "sha256", "sources"});
  if (!keys) return Fail(keys.error());
  CatalogueEntry entry;
  entry.name = std::string(name);
  for (const auto& [key, target] :
       {std::pair{"file", &entry.file}, std::pair{"sha256", &entry.sha256}}) {
    Result<std::string> text = table.String(key);
    if (!text) return Fail(text.error());
    *target = std::move(*text);
  }
  for (const auto& [key, target] :
       {std::pair{"description", &entry.description}, std::pair{"licence", &entry.licence}}) {
    Result<std::string> text = table.StringOr(key, "");
    if (!text) return Fail(text.error());
    *target = std::move(*text);
  }
  const Result<uint64_t> size = table.Uint("size");
  if (!size) return Fail(size.error());
  entry.size = *size;
  Result<std::vector<ModelSource>> sources = ReadSources(table, file);
  if (!sources) return Fail(sources.error());
  entry.sources = std::move(*sources);
  const Status sound = CheckEntry(table, entry);
  if (!sound) return Fail(sound.error());
  return entry;
}

}  // namespace

std::string Describe(const ModelSource& source) {
  if (const auto* wheel = std::get_if<WheelSource>(&source)) {
    return Cat("Python package ", wheel->package, " ", wheel->version);
  }
  return std::get<UrlSource>(source).url;
}

bool IsModelName(std::string_view name) {
  return IsPlainWord(name, 64) && name != ModelStore::kHubFolder;
}

Result<Catalogue> Catalogue::Load(const Paths& paths) {
  if (paths.catalogue.empty()) {
    return Fail(ErrorCode::kNotFound,
                "the catalogue of models was not found beside the program (is share/ingle/"
                "catalogue.toml installed?); INGLE_CATALOGUE can name one");
  }
  Catalogue catalogue;
  const Status own = catalogue.AddFile(paths.catalogue);
  if (!own) return Fail(own.error());
  if (FileExists(paths.user_catalogue)) {
    const Status user = catalogue.AddFile(paths.user_catalogue);
    if (!user) return Fail(user.error());
  }
  return catalogue;
}

Status Catalogue::AddFile(const std::string& path) {
  const Result<toml::table> parsed = ParseTomlFile(path);
  if (!parsed) return Fail(parsed.error(), "catalogue");
  const TomlTable top(*parsed, path, "");
  const Status keys = top.RefuseOthers({"models"});
  if (!keys) return keys;
  const Result<TomlTable> models = top.Table("models");
  if (!models) return Fail(models.error());
  for (const auto& [key, node] : models->table()) {
    if (!IsModelName(key.str())) {
      return Fail(ErrorCode::kCorrupt, models->Where(node, Quote(key.str())),
                  ": not fit for a model's name");
    }
    const Result<TomlTable> table = models->Table(key.str());
    if (!table) return Fail(table.error());
    Result<CatalogueEntry> entry = ReadEntry(*table, key.str(), path);
    if (!entry) return Fail(entry.error());
    Add(std::move(*entry));
  }
  return {};
}

void Catalogue::Add(CatalogueEntry entry) {
  const auto place =
      std::lower_bound(entries_.begin(), entries_.end(), entry.name,
                       [](const CatalogueEntry& a, const std::string& b) { return a.name < b; });
  if (place != entries_.end() && place->name == entry.name) {
    *place = std::move(entry);
  } else {
    entries_.insert(place, std::move(entry));
  }
}

const CatalogueEntry* Catalogue::Find(std::string_view name) const {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(),
                   [name](const CatalogueEntry& entry) { return entry.name == name; });
  return found != entries_.end() ? &*found : nullptr;
}

}  // namespace ingle
