#include "commands/safetensors_report.h"

#include <algorithm>
#include <map>

#include "terminal/output.h"
#include "terminal/units.h"

namespace ingle {
namespace {

constexpr size_t kShownCharacters = 120;

std::string Shortened(std::string text) {
  text = WithoutControls(text);
  if (text.size() <= kShownCharacters) return text;
  return Cat(text.substr(0, kShownCharacters), "... (", text.size(), " bytes)");
}

uint64_t Parameters(const SafetensorsFile& file) {
  uint64_t parameters = 0;
  for (const SafetensorsTensor& tensor : file.tensors()) parameters += tensor.shape.elements();
  return parameters;
}

void PrintTensor(const SafetensorsTensor& tensor) {
  std::string type(tensor.type->name);
  type.resize(std::max<size_t>(type.size(), 6), ' ');
  std::string shape = ToString(tensor.shape);
  shape.resize(std::max<size_t>(shape.size(), 18), ' ');
  Print("  ", type, "  ", shape, "  ", WithoutControls(tensor.name), "\n");
}

void PrintTypes(const SafetensorsFile& file) {
  std::map<std::string_view, std::pair<size_t, uint64_t>> types;
  for (const SafetensorsTensor& tensor : file.tensors()) {
    auto& [tensors, bytes] = types[tensor.type->name];
    ++tensors;
    bytes += tensor.bytes;
  }
  for (const auto& [name, sum] : types) {
    Print("  ", name, ": ", sum.first, " tensors, ", HumanBytes(sum.second), "\n");
  }
}

}  // namespace

void PrintSafetensors(const SafetensorsFile& file, const Json& config, bool every_tensor) {
  const Style& style = OutputStyle();
  Print(style.bold, WithoutControls(file.name()), style.reset, "\nsafetensors, ", file.parts(),
        file.parts() == 1 ? " file" : " files", "\n");
  if (config.is_object()) {
    Print("\n", style.bold, "config.json (", config.size(), ")", style.reset, "\n");
    for (const auto& [name, value] : config.items()) {
      constexpr auto kReplace = Json::error_handler_t::replace;
      Print("  ", WithoutControls(name), " = ", Shortened(value.dump(-1, ' ', false, kReplace)),
            "\n");
    }
  }
  if (!file.metadata().empty()) {
    Print("\n", style.bold, "Metadata (", file.metadata().size(), ")", style.reset, "\n");
    for (const auto& [name, value] : file.metadata()) {
      Print("  ", WithoutControls(name), " = ", Shortened(value), "\n");
    }
  }
  Print("\n", style.bold, "Tensors (", file.tensors().size(), ", ", HumanCount(Parameters(file)),
        " elements)", style.reset, "\n");
  if (!every_tensor) return PrintTypes(file);
  for (const SafetensorsTensor& tensor : file.tensors()) PrintTensor(tensor);
}

Json SafetensorsJson(const SafetensorsFile& file, const Json& config) {
  Json metadata = Json::object();
  for (const auto& [name, value] : file.metadata()) metadata[name] = value;
  Json tensors = Json::array();
  for (const SafetensorsTensor& tensor : file.tensors()) {
    Json shape = Json::array();
    for (int axis = 0; axis < tensor.shape.rank(); ++axis) shape.push_back(tensor.shape[axis]);
    tensors.push_back({{"name", tensor.name},
                       {"type", tensor.type->name},
                       {"shape", std::move(shape)},
                       {"offset", tensor.offset},
                       {"bytes", tensor.bytes},
                       {"part", tensor.part}});
  }
  Json report = {{"file", file.name()}, {"parts", file.parts()}, {"parameters", Parameters(file)}};
  if (config.is_object()) report["config"] = config;
  report["metadata"] = std::move(metadata);
  report["tensors"] = std::move(tensors);
  return report;
}

}  // namespace ingle
