#include "models/huggingface/folder.h"

#include <filesystem>

namespace ingle {

Result<std::optional<std::string>> ReadTextFile(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::optional<std::string>();
  const auto source = OpenFile(path);
  if (!source) return Fail(source.error());
  const auto bytes = (*source)->View(0, (*source)->size());
  if (!bytes) return Fail(bytes.error());
  return std::optional(std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size()));
}

Result<HuggingFaceFolder> ReadHuggingFaceFolder(const std::string& folder) {
  const auto config = ReadTextFile(folder + "/config.json");
  if (!config) return Fail(config.error());
  if (!*config) {
    return Fail(ErrorCode::kNotFound, folder, " has no config.json, so it is no checkpoint");
  }
  auto opened = OpenSafetensors(folder);
  if (!opened) return Fail(opened.error());
  HuggingFaceFolder read;
  read.weights = std::make_shared<const SafetensorsFile>(*std::move(opened));
  read.files = {folder, **config, {}, read.weights};
  for (size_t i = 0; i < read.weights->parts(); ++i) {
    read.files.sources.push_back(&read.weights->part(i));
  }
  for (const SafetensorsTensor& tensor : read.weights->tensors()) {
    const auto view = read.weights->View(tensor);
    read.files.tensors.push_back(
        {tensor.name, std::string(tensor.type->name), view ? std::optional(*view) : std::nullopt});
  }
  return read;
}

}  // namespace ingle
