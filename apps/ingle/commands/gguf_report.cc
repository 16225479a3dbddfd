#include "commands/gguf_report.h"

#include <algorithm>
#include <map>

#include "terminal/output.h"
#include "terminal/units.h"

namespace ingle {
namespace {

constexpr size_t kShownElements = 8;      // of an array, in text
constexpr size_t kShortArray = 64;        // whole in JSON
constexpr size_t kShownCharacters = 120;  // of a string, in text

// The first limit elements. Arrays of arrays are told by their count alone.
Json Elements(const GgufValue& value, size_t limit) {
  Json elements = Json::array();
  const auto take = [&](const auto& all) {
    for (size_t i = 0; i < std::min(limit, all.size()); ++i) elements.push_back(all[i]);
  };
  if (const auto strings = value.AsStrings()) {
    take(*strings);
  } else if (const auto ints = value.AsInts()) {
    take(*ints);
  } else if (const auto floats = value.AsFloats()) {
    take(*floats);
  } else if (const auto bools = value.AsBools()) {
    for (size_t i = 0; i < std::min(limit, bools->size()); ++i)
      elements.push_back(bool((*bools)[i]));
  }
  return elements;
}

Json Scalar(const GgufValue& value) {
  if (const auto flag = value.AsBool()) return *flag;
  if (const auto number = value.AsUint()) return *number;
  if (const auto number = value.AsInt()) return *number;
  if (const auto number = value.AsFloat()) return *number;
  if (const auto text = value.AsString()) return std::string(*text);
  return nullptr;
}

Json ValueJson(const GgufValue& value, bool whole_arrays) {
  if (!value.is_array()) return Scalar(value);
  if (whole_arrays || value.count() <= kShortArray) return Elements(value, value.count());
  return {{"type", "array"},
          {"element_type", Name(value.element_type())},
          {"count", value.count()},
          {"first", Elements(value, kShownElements)}};
}

std::string Shortened(std::string_view text) {
  std::string line = WithoutControls(text.substr(0, kShownCharacters));
  for (size_t at = 0; (at = line.find_first_of("\n\t", at)) != std::string::npos; at += 2) {
    line.replace(at, 1, line[at] == '\n' ? "\\n" : "\\t");
  }
  if (text.size() > kShownCharacters) line += Cat("... (", text.size(), " bytes)");
  return line;
}

std::string ValueText(const GgufValue& value) {
  constexpr auto kReplace = Json::error_handler_t::replace;
  if (value.is_array()) {
    std::string text = Cat("[", Name(value.element_type()), " x ", value.count(), "] ");
    for (const Json& element : Elements(value, kShownElements)) {
      text += Shortened(element.dump(-1, ' ', false, kReplace)) + " ";
    }
    return text + (value.count() > kShownElements ? "..." : "");
  }
  if (const auto string = value.AsString()) return Shortened(*string);
  return Scalar(value).dump(-1, ' ', false, kReplace);
}

uint64_t Parameters(const GgufFile& file) {
  uint64_t parameters = 0;
  for (const GgufTensor& tensor : file.tensors()) parameters += tensor.shape.elements();
  return parameters;
}

void PrintTensors(const GgufFile& file) {
  for (const GgufTensor& tensor : file.tensors()) {
    std::string type(tensor.type->name);
    type.resize(std::max<size_t>(type.size(), 6), ' ');
    std::string shape = ToString(tensor.shape);
    shape.resize(std::max<size_t>(shape.size(), 18), ' ');
    Print("  ", type, "  ", shape, "  ", WithoutControls(tensor.name), "\n");
  }
}

void PrintTypes(const GgufFile& file) {
  struct Sum {
    size_t tensors = 0;
    uint64_t bytes = 0;
  };
  std::map<std::string_view, Sum> types;
  for (const GgufTensor& tensor : file.tensors()) {
    Sum& sum = types[tensor.type->name];
    ++sum.tensors;
    sum.bytes += tensor.bytes;
  }
  for (const auto& [name, sum] : types) {
    Print("  ", name, ": ", sum.tensors, sum.tensors == 1 ? " tensor, " : " tensors, ",
          HumanBytes(sum.bytes), "\n");
  }
}

}  // namespace

void PrintGguf(const GgufFile& file, bool every_tensor) {
  const Style& style = OutputStyle();
  Print(style.bold, WithoutControls(file.name()), style.reset, "\nGGUF version ", file.version(),
        ", ", file.parts(), file.parts() == 1 ? " file" : " files", ", alignment ",
        file.alignment(), "\n\n", style.bold, "Metadata (", file.fields().size(), ")", style.reset,
        "\n");
  for (const GgufField& field : file.fields()) {
    Print("  ", WithoutControls(field.key), " = ", ValueText(field.value), "\n");
  }
  Print("\n", style.bold, "Tensors (", file.tensors().size(), ", ", HumanCount(Parameters(file)),
        " parameters)", style.reset, "\n");
  if (every_tensor) {
    PrintTensors(file);
  } else {
    PrintTypes(file);
  }
}

Json GgufJson(const GgufFile& file, bool whole_arrays) {
  Json metadata = Json::object();
  for (const GgufField& field : file.fields()) {
    metadata[std::string(field.key)] = ValueJson(field.value, whole_arrays);
  }
  Json tensors = Json::array();
  for (const GgufTensor& tensor : file.tensors()) {
    Json shape = Json::array();
    for (int axis = 0; axis < tensor.shape.rank(); ++axis) shape.push_back(tensor.shape[axis]);
    tensors.push_back({{"name", std::string(tensor.name)},
                       {"type", tensor.type->name},
                       {"shape", std::move(shape)},
                       {"offset", tensor.offset},
                       {"bytes", tensor.bytes},
                       {"part", tensor.part}});
  }
  return {{"file", file.name()},
          {"version", file.version()},
          {"alignment", file.alignment()},
          {"parts", file.parts()},
          {"parameters", Parameters(file)},
          {"metadata", std::move(metadata)},
          {"tensors", std::move(tensors)}};
}

}  // namespace ingle
