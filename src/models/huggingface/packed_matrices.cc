#include "models/huggingface/packed_matrices.h"

#include <algorithm>
#include <cstring>
#include <map>

namespace ingle {
namespace {

using nlohmann::json;

constexpr double kLargestGroup = 1 << 20;

// The first of the names that the configuration has, and not as null.
const json& FieldOf(const json& object, std::initializer_list<const char*> names) {
  static const json kNull;
  for (const char* name : names) {
    const auto found = object.find(name);
    if (found != object.end() && !found->is_null()) return *found;
  }
  return kNull;
}

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  });
  return text;
}

std::string WordOf(const json& value, std::string_view otherwise) {
  return value.is_string() ? LowerCase(value.get<std::string>()) : std::string(otherwise);
}

tl::unexpected<Error> Refuse(std::string_view field, const json& value, std::string_view known) {
  return Fail(ErrorCode::kUnsupported, "field quantization_config.", field, " is ",
              Quote(value.dump()), "; ", known);
}

Result<PackedFormat> ReadInt4(const json& config, bool awq) {
  PackedFormat format;
  format.packs = true;
  const json& bits = FieldOf(config, {"bits", "w_bit"});
  if (bits != 4) return Refuse("bits", bits, "4 can be read");
  const json& size = FieldOf(config, {"group_size", "q_group_size"});
  const double group = size.is_number() ? size.get<double>() : size.is_null() ? 128 : 0;
  if (group != -1 && !(group >= 1 && group <= kLargestGroup)) {
    return Refuse("group_size", size, "a count is needed, or -1");
  }
  format.group_size = group == -1 ? 0 : static_cast<uint64_t>(group);
  if (awq) {
    const json& version = FieldOf(config, {"version"});
    if (WordOf(version, "gemm") != "gemm") return Refuse("version", version, "gemm can be read");
    format.layout = Int4Layout::kAwqGemm;
    format.symmetric = FieldOf(config, {"zero_point"}) == false;
    return format;
  }
  const json& layout = FieldOf(config, {"checkpoint_format"});
  const std::string name = WordOf(layout, "gptq");
  if (name != "gptq" && name != "gptq_v2") {
    return Refuse("checkpoint_format", layout, "gptq and gptq_v2 can be read");
  }
  format.layout = name == "gptq" ? Int4Layout::kGptq : Int4Layout::kGptqV2;
  format.symmetric = FieldOf(config, {"sym"}) == true;
  format.ordered = FieldOf(config, {"desc_act"}) == true;
  const json& marlin = FieldOf(config, {"is_marlin_format"});
  if (marlin == true) return Refuse("is_marlin_format", marlin, "gptq and gptq_v2 can be read");
  const json& dynamic = FieldOf(config, {"dynamic"});
  if (dynamic.is_structured() && !dynamic.empty()) {
    return Refuse("dynamic", dynamic, "all matrices must have the same bits and groups");
  }
  return format;
}

// The tensors of one matrix by what follows its name.
using Parts = std::map<std::string_view, TensorView>;

std::optional<TensorView> Part(const Parts& parts, std::string_view name) {
  const auto found = parts.find(name);
  return found == parts.end() ? std::nullopt : std::optional(found->second);
}

Result<PlacedTensor> PlaceInt4(const PackedFormat& format, const std::string& name,
                               const Parts& parts) {
  const auto weights = Part(parts, ".qweight");
  const auto scales = Part(parts, ".scales");
  const auto zeros = Part(parts, ".qzeros");
  const auto group_of_input = Part(parts, ".g_idx");
  const char* lacking = !weights                            ? "qweight"
                        : !scales                           ? "scales"
                        : !zeros && !format.symmetric       ? "qzeros"
                        : !group_of_input && format.ordered ? "g_idx"
                                                            : nullptr;
  if (lacking != nullptr) {
    return Fail(ErrorCode::kCorrupt, "tensor ", Quote(Cat(name, ".", lacking)), " is missing");
  }
  const Int4Matrix matrix{format.layout, format.group_size, *weights, *scales,
                          zeros,         group_of_input};
  const auto type = Int4Type(name, matrix);
  if (!type) return Fail(type.error());
  PlacedTensor placed;
  placed.type = *type;
  placed.shape = Int4Shape(matrix);
  placed.make = [name, matrix]() -> Result<ChangedTensor> {
    const auto repacked = RepackInt4(name, matrix);
    if (!repacked) return Fail(repacked.error());
    ChangedTensor made{repacked->view(), AllocateAligned(repacked->data.size())};
    if (!made.memory) {
      return Fail(ErrorCode::kOutOfMemory, "no memory for ", repacked->data.size(), " bytes");
    }
    std::memcpy(made.memory.get(), repacked->data.data(), repacked->data.size());
    made.view.data = made.memory.get();
    return made;
  };
  return placed;
}

constexpr std::string_view kParts[] = {".qweight", ".qzeros", ".scales", ".g_idx"};

}  // namespace

Result<PackedFormat> ReadPackedFormat(const json& config) {
  const json& field = FieldOf(config, {"quantization_config", "compression_config"});
  if (field.is_null()) return PackedFormat{};
  const json& method = FieldOf(field, {"quant_method"});
  const std::string name = WordOf(method, "");
  if (name == "gptq" || name == "awq") return ReadInt4(field, name == "awq");
  // What gpt-oss has; its family's rules know the parts.
  if (name == "mxfp4") return PackedFormat{};
  return Refuse("quant_method", method, "awq, gptq and mxfp4 can be read");
}

Result<std::vector<PackedMatrix>> TakePackedMatrices(const PackedFormat& format,
                                                     std::vector<NamedTensor>& tensors) {
  std::vector<PackedMatrix> packed;
  if (!format.packs) return packed;
  std::map<std::string, Parts> matrices;
  std::vector<NamedTensor> others;
  for (NamedTensor& tensor : tensors) {
    const auto* const end = std::find_if(
        std::begin(kParts), std::end(kParts),
        [&](std::string_view part) { return std::string_view(tensor.name).ends_with(part); });
    if (end == std::end(kParts) || !tensor.view) {
      others.push_back(std::move(tensor));
      continue;
    }
    matrices[tensor.name.substr(0, tensor.name.size() - end->size())].emplace(*end, *tensor.view);
  }
  for (const auto& [name, parts] : matrices) {
    auto placed = PlaceInt4(format, name, parts);
    if (!placed) return Fail(placed.error());
    packed.push_back({name + ".weight", *std::move(placed)});
  }
  tensors = std::move(others);
  return packed;
}

}  // namespace ingle
