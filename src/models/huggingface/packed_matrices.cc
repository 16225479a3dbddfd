#include "models/huggingface/packed_matrices.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "tensor/blocks.h"

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
  format.kind = PackedFormat::Kind::kInt4;
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
    return format;
  }
  const json& layout = FieldOf(config, {"checkpoint_format"});
  const std::string name = WordOf(layout, "gptq");
  if (name != "gptq" && name != "gptq_v2") {
    return Refuse("checkpoint_format", layout, "gptq and gptq_v2 can be read");
  }
  format.layout = name == "gptq" ? Int4Layout::kGptq : Int4Layout::kGptqV2;
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

Result<ChangedTensor> Own(DType type, const Shape& shape, const auto& fill) {
  ChangedTensor made{{type, shape, nullptr}, nullptr};
  made.memory = AllocateAligned(made.view.bytes());
  if (!made.memory) {
    return Fail(ErrorCode::kOutOfMemory, "no memory for ", made.view.bytes(), " bytes");
  }
  made.view.data = made.memory.get();
  fill(made.memory.get());
  return made;
}

Result<PlacedTensor> PlaceInt4(const PackedFormat& format, const std::string& name,
                               const Parts& parts) {
  const auto weights = Part(parts, ".qweight");
  const auto scales = Part(parts, ".scales");
  if (!weights || !scales) {
    return Fail(ErrorCode::kCorrupt, "matrix ", Quote(name), " has no ",
                weights ? "scales" : "qweight");
  }
  const Int4Matrix matrix{format.layout, format.group_size,      *weights,
                          *scales,       Part(parts, ".qzeros"), Part(parts, ".g_idx")};
  const auto type = Int4Type(name, matrix);
  if (!type) return Fail(type.error());
  PlacedTensor placed;
  placed.type = *type;
  placed.shape = Int4Shape(matrix);
  placed.make = [name, matrix]() -> Result<ChangedTensor> {
    const auto repacked = RepackInt4(name, matrix);
    if (!repacked) return Fail(repacked.error());
    return Own(repacked->type, repacked->shape, [&](std::byte* to) {
      std::memcpy(to, repacked->data.data(), repacked->data.size());
    });
  };
  return placed;
}

// Neighbours share a byte in the checkpoint; in a block, elements i and i + 16.
void FillMxfp4(const TensorView& blocks, const TensorView& scales, std::byte* to) {
  const auto* q = reinterpret_cast<const uint8_t*>(blocks.data);
  const auto element = [&](uint64_t i) { return (q[i / 2] >> 4 * (i % 2)) & 15; };
  const uint64_t count = scales.shape.elements();
  for (uint64_t i = 0; i < count; ++i, q += kBlock / 2) {
    BlockMXFP4 block;
    block.scale = static_cast<uint8_t>(scales.data[i]);
    for (uint64_t k = 0; k < kBlock / 2; ++k) {
      block.q[k] = static_cast<uint8_t>(element(k) | element(k + kBlock / 2) << 4);
    }
    std::memcpy(to + i * sizeof(block), &block, sizeof(block));
  }
}

Result<PlacedTensor> PlaceMxfp4(const std::string& name, const Parts& parts) {
  const auto blocks = Part(parts, "_blocks");
  const auto scales = Part(parts, "_scales");
  if (!blocks || !scales) {
    return Fail(ErrorCode::kCorrupt, "matrix ", Quote(name), " has no ",
                blocks ? "scales" : "blocks");
  }
  const Shape& shape = scales->shape;
  const bool fits = blocks->type == DType::kU8 && scales->type == DType::kU8 && shape.rank() == 3 &&
                    blocks->shape == Shape{shape[0], shape[1], shape[2], kBlock / 2};
  if (!fits) {
    return Fail(ErrorCode::kCorrupt, "matrix ", Quote(name), " has blocks of ",
                ToString(blocks->shape), " and scales of ", ToString(shape),
                ", which are no matrices of MXFP4");
  }
  PlacedTensor placed;
  placed.type = DType::kMXFP4;
  placed.shape = {shape[0], shape[1], shape[2] * kBlock};
  placed.make = [shape = placed.shape, b = *blocks, s = *scales] {
    return Own(DType::kMXFP4, shape, [&](std::byte* to) { FillMxfp4(b, s, to); });
  };
  return placed;
}

constexpr std::string_view kInt4Parts[] = {".qweight", ".qzeros", ".scales", ".g_idx"};
constexpr std::string_view kMxfp4Parts[] = {"_blocks", "_scales"};

}  // namespace

Result<PackedFormat> ReadPackedFormat(const json& config) {
  const json& field = FieldOf(config, {"quantization_config", "compression_config"});
  if (field.is_null()) return PackedFormat{};
  const json& method = FieldOf(field, {"quant_method"});
  const std::string name = WordOf(method, "");
  if (name == "gptq" || name == "awq") return ReadInt4(field, name == "awq");
  if (name != "mxfp4") return Refuse("quant_method", method, "awq, gptq and mxfp4 can be read");
  PackedFormat format;
  format.kind = PackedFormat::Kind::kMxfp4;
  return format;
}

Result<std::vector<PackedMatrix>> TakePackedMatrices(const PackedFormat& format,
                                                     std::vector<NamedTensor>& tensors) {
  std::vector<PackedMatrix> packed;
  if (format.kind == PackedFormat::Kind::kNone) return packed;
  const bool int4 = format.kind == PackedFormat::Kind::kInt4;
  const std::span<const std::string_view> ends =
      int4 ? std::span<const std::string_view>(kInt4Parts) : kMxfp4Parts;
  std::map<std::string, Parts> matrices;
  std::vector<NamedTensor> others;
  for (NamedTensor& tensor : tensors) {
    const auto end = std::find_if(ends.begin(), ends.end(), [&](std::string_view part) {
      return std::string_view(tensor.name).ends_with(part);
    });
    if (end == ends.end() || !tensor.view) {
      others.push_back(std::move(tensor));
      continue;
    }
    const std::string name = tensor.name.substr(0, tensor.name.size() - end->size());
    matrices[name].emplace(*end, *tensor.view);
  }
  for (const auto& [name, parts] : matrices) {
    auto placed = int4 ? PlaceInt4(format, name, parts) : PlaceMxfp4(name, parts);
    if (!placed) return Fail(placed.error());
    packed.push_back({int4 ? name + ".weight" : name, *std::move(placed)});
  }
  tensors = std::move(others);
  return packed;
}

}  // namespace ingle
