#include "store/hub_record.h"

#include <nlohmann/json.hpp>

#include "files/file_io.h"

namespace ingle {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kName = "/.ingle.json";

std::string Text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

HubRecord HubRecord::Load(const std::string& folder) {
  constexpr uint64_t kLongest = uint64_t{1} << 20;
  const Result<std::string> text = ReadWhole(folder + kName, kLongest);
  const Json json = text ? Json::parse(*text, nullptr, false) : Json();
  if (!json.is_object()) return {};
  HubRecord record;
  record.source = Text(json, "source");
  record.revision = Text(json, "revision");
  record.licence = Text(json, "licence");
  const auto files = json.find("files");
  if (files == json.end() || !files->is_object()) return record;
  for (const auto& [path, about] : files->items()) {
    const auto size = about.find("size");
    if (size == about.end() || !size->is_number_unsigned()) continue;
    File& file = record.files[path];
    file.size = size->get<uint64_t>();
    const std::string sha256 = Text(about, "sha256");
    if (!sha256.empty()) file.checksum = {Checksum::Kind::kSha256, sha256};
  }
  return record;
}

Status HubRecord::Save(const std::string& folder) const {
  Json list = Json::object();
  for (const auto& [path, file] : files) {
    list[path] = {{"size", file.size}};
    if (file.checksum.kind == Checksum::Kind::kSha256) list[path]["sha256"] = file.checksum.digits;
  }
  const Json json = {
      {"source", source}, {"revision", revision}, {"licence", licence}, {"files", list}};
  return WriteWhole(folder + kName,
                    json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace ingle
