#include "store/ollama.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <nlohmann/json.hpp>

#include "files/file_io.h"
#include "store/checksum.h"
#include "store/hub_reference.h"
#include "terminal/units.h"

namespace ingle {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::string_view kPrefix = "ollama/";
constexpr std::string_view kRegistry = "registry.ollama.ai/";
constexpr std::string_view kLibrary = "library/";
constexpr std::string_view kLayer = "application/vnd.ollama.image.";

std::string Text(const Json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// "registry.ollama.ai/library/llama3.2/1b" as `ollama list` has it: "llama3.2:1b".
std::string ShownName(std::string_view manifest) {
  if (manifest.starts_with(kRegistry)) manifest.remove_prefix(kRegistry.size());
  if (manifest.starts_with(kLibrary)) manifest.remove_prefix(kLibrary.size());
  std::string name(manifest);
  name[name.rfind('/')] = ':';
  return name;
}

// The other way; "llama3.2" is "llama3.2:latest".
std::string ManifestOf(std::string_view name) {
  const size_t colon = name.find(':', name.rfind('/') + 1);
  const std::string_view tag = colon == std::string_view::npos ? "latest" : name.substr(colon + 1);
  name = name.substr(0, colon);
  const auto slashes = std::count(name.begin(), name.end(), '/');
  return Cat(slashes < 2 ? kRegistry : "", slashes < 1 ? kLibrary : "", name, "/", tag);
}

// The file that a layer is.
Result<std::string> BlobOf(const Json& layer, const std::string& folder) {
  constexpr std::string_view kAlgorithm = "sha256:";
  const std::string digest = Text(layer, "digest");
  if (!digest.starts_with(kAlgorithm) ||
      !IsDigestOf(Checksum::Kind::kSha256, std::string_view(digest).substr(kAlgorithm.size()))) {
    return Fail(ErrorCode::kCorrupt, Quote(digest), " is no SHA-256");
  }
  return Cat(folder, "/blobs/sha256-", digest.substr(kAlgorithm.size()));
}

// manifest: its path below folder/manifests.
Result<KeptModel> ReadManifest(const std::string& folder, const std::string& manifest) {
  const std::string name = ShownName(manifest);
  constexpr uint64_t kLongest = uint64_t{1} << 20;
  const Result<std::string> text = ReadWhole(Cat(folder, "/manifests/", manifest), kLongest);
  if (!text) return Fail(text.error());
  const Json json = Json::parse(*text, nullptr, false);
  const auto layers = json.is_object() ? json.find("layers") : json.end();
  if (!json.is_object() || layers == json.end() || !layers->is_array()) {
    return Fail(ErrorCode::kCorrupt, "Ollama's manifest of ", Quote(name), " lists no layers");
  }
  KeptModel model{Cat(kPrefix, name), "", 0, "Ollama", Cat("'ollama rm ", name, "'")};
  for (const Json& layer : *layers) {
    const std::string type = Text(layer, "mediaType");
    if (type == Cat(kLayer, "adapter") || type.starts_with(Cat(kLayer, "tensor")) ||
        (type == Cat(kLayer, "model") && !model.path.empty())) {
      return Fail(ErrorCode::kUnsupported, Quote(name),
                  " of Ollama is more than one GGUF file: ", "it has a layer ", Quote(type));
    }
    if (type != Cat(kLayer, "model")) continue;
    const Result<std::string> blob = BlobOf(layer, folder);
    if (!blob) return Fail(blob.error(), "Ollama's manifest of ", Quote(name));
    model.path = *blob;
    const auto size = layer.find("size");
    if (size != layer.end() && size->is_number_unsigned()) model.bytes = size->get<uint64_t>();
  }
  if (!model.path.empty()) {
    const Result<uint64_t> size = FileSize(model.path);
    if (!size) model.trouble = size.error().message();
    if (size && *size != model.bytes) {
      model.trouble = Cat(Grouped(*size), " bytes instead of ", Grouped(model.bytes));
    }
    return model;
  }
  return Fail(ErrorCode::kUnsupported, Quote(name), " of Ollama has no layer with a model in it");
}

// The paths of all manifests below folder/manifests.
std::vector<std::string> ManifestsIn(const std::string& folder) {
  constexpr int kParts = 4;  // host, namespace, name, tag
  const std::string root = folder + "/manifests";
  std::vector<std::string> manifests;
  std::error_code error;
  fs::recursive_directory_iterator it(root, error);
  for (const fs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    if (it.depth() == kParts - 1) it.disable_recursion_pending();
    std::error_code gone;
    std::string path = it->path().string().substr(root.size() + 1);
    if (it.depth() == kParts - 1 && it->is_regular_file(gone) && IsSafePath(path)) {
      manifests.push_back(std::move(path));
    }
  }
  std::sort(manifests.begin(), manifests.end());
  return manifests;
}

}  // namespace

bool IsOllamaName(std::string_view text) { return text.starts_with(kPrefix); }

std::vector<KeptModel> ModelsOfOllama(const std::vector<std::string>& folders) {
  std::vector<KeptModel> models;
  for (const std::string& folder : folders) {
    for (const std::string& manifest : ManifestsIn(folder)) {
      Result<KeptModel> model = ReadManifest(folder, manifest);
      if (model) models.push_back(std::move(*model));
    }
  }
  return models;
}

Result<KeptModel> FindInOllama(std::string_view text, const std::vector<std::string>& folders) {
  const std::string_view name = text.substr(kPrefix.size());
  const std::string manifest = ManifestOf(name);
  if (!IsSafePath(manifest) || std::count(manifest.begin(), manifest.end(), '/') != 3) {
    return Fail(ErrorCode::kInvalidArgument, Quote(text), " is not ollama/NAME[:TAG]");
  }
  for (const std::string& folder : folders) {
    if (FileExists(Cat(folder, "/manifests/", manifest))) return ReadManifest(folder, manifest);
  }
  return Fail(ErrorCode::kNotFound, "Ollama has no model ", Quote(name),
              "; 'ingle list' shows what it has, and a file of this path is ./", text);
}

}  // namespace ingle
