#include "models/huggingface/placed_tensors.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "models/huggingface/packed_matrices.h"
#include "models/huggingface/placing.h"

namespace ingle {
namespace {

bool IsFloat(DType type) {
  return type == DType::kF32 || type == DType::kF16 || type == DType::kBF16;
}

HeadLayout HeadsOf(const HuggingFaceFields& fields) {
  const double heads = fields.Key("attention.head_count", 1);
  const double kv_heads = fields.Key("attention.head_count_kv", heads);
  const double width = fields.Key("embedding_length", 0);
  const auto count = [](double x) {
    return x >= 1 && x <= 1e6 ? static_cast<uint64_t>(x) : uint64_t{1};
  };
  HeadLayout layout;
  layout.kv_heads = count(kv_heads);
  layout.group = std::max<uint64_t>(1, count(heads) / layout.kv_heads);
  layout.size = count(fields.Key("attention.key_length", std::floor(width / heads)));
  return layout;
}

// A tensor of the file, changed on its way.
PlacedTensor PlaceView(const std::string& name, const TensorView& view, TensorChange change,
                       const HeadLayout& heads) {
  PlacedTensor placed;
  placed.type = ChangedType(view, change);
  placed.shape = ChangedShape(view, change);
  placed.make = [name, view, change, heads]() -> Result<ChangedTensor> {
    auto changed = ChangeTensor(view, change, heads);
    if (!changed) return Fail(changed.error(), "tensor ", Quote(name));
    return changed;
  };
  return placed;
}

// A matrix of blocks, of which only whole rows can be moved. Those that files have transposed are
// not so when packed.
Result<PlacedTensor> PlacePacked(const PackedMatrix& matrix, TensorChange change,
                                 const HeadLayout& heads) {
  const bool as_it_is = change == TensorChange::kNone || change == TensorChange::kTranspose ||
                        change == TensorChange::kTransposeEach;
  if (as_it_is) return matrix.tensor;
  if (change != TensorChange::kSplitHeads) {
    return Fail(ErrorCode::kUnsupported, "tensor ", Quote(matrix.name),
                " is quantized, but must be of floats");
  }
  PlacedTensor placed = matrix.tensor;
  placed.make = [matrix, heads]() -> Result<ChangedTensor> {
    auto made = matrix.tensor.make();
    if (!made) return made;
    auto split = ChangeTensor(made->view, TensorChange::kSplitHeads, heads);
    if (!split) return Fail(split.error(), "tensor ", Quote(matrix.name));
    return split;
  };
  return placed;
}

bool AreSame(const std::optional<TensorView>& a, const std::optional<TensorView>& b) {
  return a && b && a->type == b->type && a->shape == b->shape && a->data != nullptr &&
         b->data != nullptr && std::memcmp(a->data, b->data, a->bytes()) == 0;
}

// Vectors NAME.0.weight, NAME.1.weight ... one after the other.
PlacedTensor StackVectors(std::map<int, PlacedTensor> parts) {
  PlacedTensor stack;
  uint64_t elements = 0;
  for (const auto& [number, part] : parts) elements += part.shape.elements();
  stack.shape = {elements};
  stack.make = [parts = std::move(parts)]() -> Result<ChangedTensor> {
    std::map<int, ChangedTensor> vectors;
    for (const auto& [number, part] : parts) {
      auto made = part.make();
      if (!made) return made;
      vectors.emplace(number, *std::move(made));
    }
    return ingle::StackVectors(vectors);
  };
  return stack;
}

PlacedTensor PlaceMxfp4(const std::string& name, PlacedTensor blocks, const PlacedTensor& scales) {
  PlacedTensor merged;
  merged.type = DType::kMXFP4;
  for (int i = 0; i + 1 < scales.shape.rank(); ++i) merged.shape.Append(scales.shape[i]);
  merged.shape.Append(scales.shape.columns() * Info(merged.type).block_elements);
  merged.make = [name, blocks = std::move(blocks), scales]() -> Result<ChangedTensor> {
    const auto of_blocks = blocks.make();
    if (!of_blocks) return Fail(of_blocks.error());
    const auto of_scales = scales.make();
    if (!of_scales) return Fail(of_scales.error());
    auto made = MergeMxfp4(of_blocks->view, of_scales->view);
    if (!made) return Fail(made.error(), "tensor ", Quote(name));
    return made;
  };
  return merged;
}

class Placer {
 public:
  Placer(const HuggingFaceNames& names, const HuggingFaceFields& fields)
      : names_(names), fields_(fields), heads_(HeadsOf(fields)) {}

  Status Place(const NamedTensor& tensor) {
    auto place = PlaceFor(tensor.name);
    if (!place) return Fail(place.error());
    if (place->name.empty()) return {};
    const bool bytes = place->change == TensorChange::kMxfp4Part;
    if (!tensor.view || (!bytes && !IsFloat(tensor.view->type))) {
      return Fail(ErrorCode::kUnsupported, "tensor ", Quote(tensor.name), " is ", tensor.dtype,
                  "; F32, F16 and BF16 can be computed with");
    }
    if (place->name == "token_embd.weight") embedding_ = tensor.view;
    if (place->name == "output.weight") output_ = tensor.view;
    return Keep(tensor.name, place->name,
                PlaceView(tensor.name, *tensor.view, place->change, heads_));
  }

  Status Place(const PackedMatrix& matrix) {
    auto place = PlaceFor(matrix.name);
    if (!place) return Fail(place.error());
    if (place->name.empty()) return {};
    auto placed = PlacePacked(matrix, place->change, heads_);
    if (!placed) return Fail(placed.error());
    return Keep(matrix.name, place->name, *std::move(placed));
  }

  Result<PlacedTensors> Finish() {
    if (const Status stacked = StackHeadNorms(); !stacked) return Fail(stacked.error());
    if (const Status merged = MergeMxfp4Parts(); !merged) return Fail(merged.error());
    LeaveOut();
    PlacedTensors placed;
    placed.names = std::move(own_names_);
    placed.prefix = prefix_;
    for (const auto& [name, tensor] : tensors_) placed.required.push_back(name);
    placed.tensors = std::move(tensors_);
    for (const auto& [name, values] : fields_.tensors()) {
      const TensorView view{
          DType::kF32, {values.size()}, reinterpret_cast<const std::byte*>(values.data())};
      placed.tensors.insert_or_assign(
          name, PlacedTensor{view.type, view.shape, [view]() -> Result<ChangedTensor> {
                               return ChangedTensor{view, nullptr};
                             }});
    }
    return placed;
  }

 private:
  Result<ingle::Place> PlaceFor(const std::string& name) {
    if (const auto place = FindPlace(name, names_)) {
      own_names_.emplace(place->name, name);
      if (place->name.find("blk.") != std::string::npos) prefix_ = place->prefix;
      return *place;
    }
    if (IsOfAnotherPart(name)) return ingle::Place{"", TensorChange::kNone};
    return Fail(ErrorCode::kUnsupported, "tensor ", Quote(name), " is none that a model of the ",
                "type ", names_.model_types.front(), " has");
  }

  Status Keep(const std::string& name, const std::string& place, PlacedTensor tensor) {
    if (tensors_.emplace(place, std::move(tensor)).second) return {};
    return Fail(ErrorCode::kCorrupt, "tensor ", Quote(name), " is there twice");
  }

  // Norms with a weight for each head: one vector NAME.weight.
  Status StackHeadNorms() {
    std::map<std::string, std::map<int, PlacedTensor>> stacks;
    for (auto it = tensors_.begin(); it != tensors_.end();) {
      const std::string_view stem = std::string_view(it->first).substr(0, it->first.rfind('.'));
      const size_t dot = stem.rfind('.');
      const bool numbered = it->first.ends_with(".weight") &&
                            it->first.find("_norm.") != std::string::npos &&
                            it->second.shape.rank() == 1 && dot != std::string_view::npos &&
                            stem.find_first_not_of("0123456789", dot + 1) == std::string_view::npos;
      if (!numbered) {
        ++it;
        continue;
      }
      const int head = std::stoi(std::string(stem.substr(dot + 1)));
      stacks[std::string(stem.substr(0, dot))].emplace(head, std::move(it->second));
      it = tensors_.erase(it);
    }
    for (auto& [name, parts] : stacks) {
      const uint64_t heads = heads_.kv_heads * (name.ends_with("q_norm") ? heads_.group : 1);
      for (uint64_t head = 0; head < heads; ++head) {
        if (parts.contains(static_cast<int>(head))) continue;
        const std::string part = Cat(name, ".", head, ".weight");
        return Fail(ErrorCode::kCorrupt, "tensor ",
                    Quote(NameInCheckpoint(part, own_names_, prefix_, names_)), " is missing");
      }
      tensors_.emplace(name + ".weight", StackVectors(std::move(parts)));
    }
    return {};
  }

  Status MergeMxfp4Parts() {
    constexpr std::string_view kParts[] = {".blocks", ".scales"};
    std::set<std::string> stems;
    for (const auto& [name, tensor] : tensors_) {
      for (const std::string_view part : kParts) {
        if (name.ends_with(part)) stems.insert(name.substr(0, name.size() - part.size()));
      }
    }
    for (const std::string& stem : stems) {
      auto blocks = tensors_.extract(Cat(stem, kParts[0]));
      auto scales = tensors_.extract(Cat(stem, kParts[1]));
      if (blocks.empty() || scales.empty() || scales.mapped().shape.rank() == 0) {
        const bool lacks_scales = !blocks.empty();
        const std::string there = Cat(stem, kParts[lacks_scales ? 0 : 1]);
        return Fail(ErrorCode::kCorrupt, "tensor ", Quote(own_names_[there]), " has no ",
                    lacks_scales ? "scales" : "blocks", " that fit it");
      }
      PlacedTensor merged = PlaceMxfp4(stem, std::move(blocks.mapped()), scales.mapped());
      if (const Status kept = Keep(stem, stem + ".weight", std::move(merged)); !kept) return kept;
    }
    return {};
  }

  // Checkpoints whose output is the embedding may hold it once more. One that differs counts, as in
  // transformers, whatever config.json says.
  void LeaveOut() {
    if (fields_.Key("tied", 0) != 0 && AreSame(embedding_, output_)) {
      tensors_.erase("output.weight");
    }
    for (const std::string& stem : fields_.ignored_tensors()) {
      tensors_.erase(stem + ".weight");
      tensors_.erase(stem + ".bias");
    }
  }

  const HuggingFaceNames& names_;
  const HuggingFaceFields& fields_;
  const HeadLayout heads_;
  std::map<std::string, PlacedTensor, std::less<>> tensors_;
  OwnNames own_names_;
  std::string_view prefix_;
  std::optional<TensorView> embedding_, output_;
};

}  // namespace

Result<PlacedTensors> PlaceTensors(const HuggingFaceNames& names, const HuggingFaceFields& fields,
                                   const PackedFormat& format, const HuggingFaceFiles& files) {
  std::vector<NamedTensor> tensors = files.tensors;
  const auto packed = TakePackedMatrices(format, tensors);
  if (!packed) return Fail(packed.error());
  Placer placer(names, fields);
  for (const NamedTensor& tensor : tensors) {
    if (const Status placed = placer.Place(tensor); !placed) return Fail(placed.error());
  }
  for (const PackedMatrix& matrix : *packed) {
    if (const Status placed = placer.Place(matrix); !placed) return Fail(placed.error());
  }
  return placer.Finish();
}

}  // namespace ingle
