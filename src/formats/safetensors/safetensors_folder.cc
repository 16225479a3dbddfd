#include <map>
#include <set>

#include "formats/safetensors/json_object.h"
#include "formats/safetensors/safetensors_file.h"

namespace ingle {
namespace {

using nlohmann::json;

constexpr uint64_t kLongestIndex = 64 << 20;

Result<SafetensorsFile> OpenShard(const std::string& path) {
  auto source = OpenFile(path);
  if (!source) return Fail(source.error());
  return SafetensorsFile::Open(std::move(*source));
}

// Shards lie beside the index: a name with a path in it could lead anywhere.
bool IsPlainName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
}

// Which tensors each shard has to hold.
using Index = std::map<std::string, std::set<std::string, std::less<>>>;

Result<Index> ReadIndex(const ByteSource& source) {
  if (source.size() > kLongestIndex) {
    return Fail(ErrorCode::kTooLarge, source.name(), " has ", source.size(), " bytes; at most ",
                kLongestIndex, " are read");
  }
  const auto bytes = source.View(0, source.size());
  if (!bytes) return Fail(bytes.error());
  const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  const auto parsed = ParseJsonObject(text, 4);
  if (!parsed) return Fail(parsed.error(), source.name());
  const auto map = parsed->find("weight_map");
  if (map == parsed->end() || !map->is_object()) {
    return Fail(ErrorCode::kCorrupt, source.name(), ": field weight_map is missing");
  }
  Index index;
  for (const auto& [tensor, shard] : map->items()) {
    if (!shard.is_string() || !IsPlainName(shard.get_ref<const std::string&>())) {
      return Fail(ErrorCode::kCorrupt, source.name(), ": weight_map sends tensor ", Quote(tensor),
                  " to ", shard.dump(), ", which is not the name of a file beside it");
    }
    index[shard.get<std::string>()].insert(tensor);
  }
  return index;
}

Status CheckShard(const SafetensorsFile& shard, std::set<std::string, std::less<>> wanted) {
  for (const SafetensorsTensor& tensor : shard.tensors()) {
    if (wanted.erase(tensor.name) == 0) {
      return Fail(ErrorCode::kCorrupt, shard.name(), ": tensor ", Quote(tensor.name),
                  " is in this shard, but the index does not say so");
    }
  }
  if (wanted.empty()) return {};
  return Fail(ErrorCode::kCorrupt, shard.name(), ": tensor ", Quote(*wanted.begin()),
              " is not in the shard that the index says");
}

}  // namespace

Result<std::vector<SafetensorsFile>> OpenSafetensorsFolder(const std::string& folder) {
  std::vector<SafetensorsFile> files;
  const auto index_source = OpenFile(folder + "/model.safetensors.index.json");
  if (!index_source) {
    auto single = OpenShard(folder + "/model.safetensors");
    if (!single) return Fail(single.error());
    files.push_back(*std::move(single));
    return files;
  }
  const auto index = ReadIndex(**index_source);
  if (!index) return Fail(index.error());
  for (const auto& [name, tensors] : *index) {
    auto shard = OpenShard(Cat(folder, "/", name));
    if (!shard) return Fail(shard.error());
    if (const Status checked = CheckShard(*shard, tensors); !checked) return Fail(checked.error());
    files.push_back(*std::move(shard));
  }
  return files;
}

}  // namespace ingle
