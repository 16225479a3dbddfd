#include "models/huggingface/tensor_changes.h"

#include <cmath>
#include <cstring>
#include <functional>

#include "base/half.h"
#include "tensor/blocks.h"

namespace ingle {
namespace {

Result<ChangedTensor> Allocate(DType type, const Shape& shape) {
  ChangedTensor changed{{type, shape, nullptr}, nullptr};
  changed.memory = AllocateAligned(changed.view.bytes());
  changed.view.data = changed.memory.get();
  if (!changed.memory) {
    return Fail(ErrorCode::kOutOfMemory, "no memory for ", changed.view.bytes(), " bytes");
  }
  return changed;
}

float ElementOf(const TensorView& view, uint64_t i) {
  if (view.type == DType::kF32) {
    float value;
    std::memcpy(&value, view.data + i * sizeof(value), sizeof(value));
    return value;
  }
  uint16_t bits;
  std::memcpy(&bits, view.data + i * sizeof(bits), sizeof(bits));
  return view.type == DType::kF16 ? F16ToF32(bits) : BF16ToF32(bits);
}

Result<ChangedTensor> ToF32(const TensorView& tensor, const std::function<float(float)>& change) {
  auto changed = Allocate(DType::kF32, tensor.shape);
  if (!changed) return changed;
  auto* out = reinterpret_cast<float*>(changed->memory.get());
  for (uint64_t i = 0; i < tensor.shape.elements(); ++i) out[i] = change(ElementOf(tensor, i));
  return changed;
}

// Elements of `size` bytes.
void TransposeMatrix(const std::byte* from, std::byte* to, uint64_t rows, uint64_t columns,
                     uint64_t size) {
  for (uint64_t row = 0; row < rows; ++row) {
    for (uint64_t column = 0; column < columns; ++column) {
      std::memcpy(to + (column * rows + row) * size, from + (row * columns + column) * size, size);
    }
  }
}

Result<ChangedTensor> Transpose(const TensorView& tensor) {
  const uint64_t rows = tensor.shape.rows();
  const uint64_t columns = tensor.shape.columns();
  auto changed = Allocate(tensor.type, ChangedShape(tensor, TensorChange::kTranspose));
  if (!changed) return changed;
  TransposeMatrix(tensor.data, changed->memory.get(), rows, columns, Info(tensor.type).block_bytes);
  return changed;
}

Result<ChangedTensor> TransposeEach(const TensorView& tensor) {
  const uint64_t rows = tensor.shape[1];
  const uint64_t columns = tensor.shape[2];
  auto changed = Allocate(tensor.type, ChangedShape(tensor, TensorChange::kTransposeEach));
  if (!changed) return changed;
  const uint64_t bytes = rows * tensor.row_bytes();
  for (uint64_t i = 0; i < tensor.shape[0]; ++i) {
    TransposeMatrix(tensor.data + i * bytes, changed->memory.get() + i * bytes, rows, columns,
                    Info(tensor.type).block_bytes);
  }
  return changed;
}

Result<ChangedTensor> SplitHeads(const TensorView& tensor, const HeadLayout& heads) {
  const bool vector = tensor.shape.rank() == 1;
  const uint64_t rows = vector ? tensor.shape.columns() : tensor.shape.rows();
  if (rows != heads.kv_heads * (heads.group + 2) * heads.size) {
    return Fail(ErrorCode::kCorrupt, "is ", ToString(tensor.shape), ", but the model's fields say ",
                heads.kv_heads * (heads.group + 2) * heads.size, " rows");
  }
  auto changed = Allocate(tensor.type, tensor.shape);
  if (!changed) return changed;
  const uint64_t bytes = heads.size * (vector ? Info(tensor.type).block_bytes : tensor.row_bytes());
  const std::byte* from = tensor.data;
  const uint64_t queries = heads.kv_heads * heads.group;
  for (uint64_t head = 0; head < heads.kv_heads; ++head) {
    const auto move = [&](uint64_t to) {
      std::memcpy(changed->memory.get() + to * bytes, from, bytes);
      from += bytes;
    };
    for (uint64_t query = 0; query < heads.group; ++query) move(head * heads.group + query);
    move(queries + head);
    move(queries + heads.kv_heads + head);
  }
  return changed;
}

// As it is; F32 where it is a vector, which kernels read as floats.
Result<ChangedTensor> Keep(const TensorView& tensor) {
  const bool aligned =
      reinterpret_cast<uintptr_t>(tensor.data) % Info(tensor.type).block_bytes == 0;
  const bool vector = tensor.shape.rank() <= 1;
  if (aligned && (!vector || tensor.type == DType::kF32)) return ChangedTensor{tensor, nullptr};
  if (vector) return ToF32(tensor, [](float x) { return x; });
  auto changed = Allocate(tensor.type, tensor.shape);
  if (changed) std::memcpy(changed->memory.get(), tensor.data, tensor.bytes());
  return changed;
}

bool IsComputed(TensorChange change) {
  return change == TensorChange::kPlusOne || change == TensorChange::kExpNegated ||
         change == TensorChange::kToF32 || change == TensorChange::kSqueeze;
}

}  // namespace

DType ChangedType(const TensorView& tensor, TensorChange change) {
  if (change == TensorChange::kMxfp4Part) return tensor.type;
  return IsComputed(change) || tensor.shape.rank() <= 1 ? DType::kF32 : tensor.type;
}

Shape ChangedShape(const TensorView& tensor, TensorChange change) {
  const Shape& shape = tensor.shape;
  if (change == TensorChange::kTranspose && shape.rank() == 2) return {shape[1], shape[0]};
  if (change == TensorChange::kTransposeEach && shape.rank() == 3) {
    return {shape[0], shape[2], shape[1]};
  }
  if (change == TensorChange::kSqueeze && shape.rank() == 3) {
    return {shape[0], shape[1] * shape[2]};
  }
  return shape;
}

Result<ChangedTensor> ChangeTensor(const TensorView& tensor, TensorChange change,
                                   const HeadLayout& heads) {
  switch (change) {
    case TensorChange::kNone:
      return Keep(tensor);
    case TensorChange::kMxfp4Part:
      return ChangedTensor{tensor, nullptr};
    case TensorChange::kPlusOne:
      return ToF32(tensor, [](float x) { return 1 + x; });
    case TensorChange::kExpNegated:
      return ToF32(tensor, [](float x) { return -std::exp(x); });
    case TensorChange::kTranspose:
      return tensor.shape.rank() == 2 ? Transpose(tensor) : Keep(tensor);
    case TensorChange::kSplitHeads: {
      auto split = SplitHeads(tensor, heads);
      if (!split || tensor.shape.rank() > 1 || tensor.type == DType::kF32) return split;
      return ToF32(split->view, [](float x) { return x; });
    }
    case TensorChange::kToF32:
      return ToF32(tensor, [](float x) { return x; });
    case TensorChange::kTransposeEach:
      return tensor.shape.rank() == 3 ? TransposeEach(tensor) : Keep(tensor);
    case TensorChange::kSqueeze: {
      auto changed = ToF32(tensor, [](float x) { return x; });
      if (changed) changed->view.shape = ChangedShape(tensor, change);
      return changed;
    }
  }
  return Keep(tensor);
}

Result<ChangedTensor> MergeMxfp4(const TensorView& blocks, const TensorView& scales) {
  if (blocks.type != DType::kU8 || scales.type != DType::kU8) {
    return Fail(ErrorCode::kUnsupported, "is ", Name(blocks.type), " with scales of ",
                Name(scales.type), "; MXFP4 is U8 with scales of U8");
  }
  const bool fits = scales.shape.rank() == 3 && blocks.shape.rank() == 4 &&
                    blocks.shape == Shape{scales.shape[0], scales.shape[1], scales.shape[2], 16};
  if (!fits) {
    return Fail(ErrorCode::kCorrupt, "is ", ToString(blocks.shape), ", which does not fit scales ",
                ToString(scales.shape));
  }
  auto merged =
      Allocate(DType::kMXFP4, {scales.shape[0], scales.shape[1], scales.shape[2] * kBlock});
  if (!merged) return merged;
  auto* out = reinterpret_cast<BlockMXFP4*>(merged->memory.get());
  for (uint64_t i = 0; i < scales.shape.elements(); ++i, ++out) {
    const std::byte* pairs = blocks.data + i * sizeof(out->q);
    // Value j is in the lower half of byte j here, value 2j there.
    const auto value = [&](size_t j) {
      const auto pair = static_cast<unsigned>(pairs[j / 2]);
      return j % 2 == 0 ? pair & 15 : pair >> 4;
    };
    out->scale = static_cast<uint8_t>(scales.data[i]);
    for (size_t j = 0; j < sizeof(out->q); ++j) {
      out->q[j] = static_cast<uint8_t>(value(j) | value(j + sizeof(out->q)) << 4);
    }
  }
  return merged;
}

Result<ChangedTensor> StackVectors(const std::map<int, ChangedTensor>& vectors) {
  uint64_t elements = 0;
  int next = 0;
  for (const auto& [number, vector] : vectors) {
    if (number != next++) return Fail(ErrorCode::kCorrupt, "lacks its part ", next - 1);
    elements += vector.view.shape.elements();
  }
  auto stack = Allocate(DType::kF32, {elements});
  if (!stack) return stack;
  std::byte* out = stack->memory.get();
  for (const auto& [number, vector] : vectors) {
    std::memcpy(out, vector.view.data, vector.view.bytes());
    out += vector.view.bytes();
  }
  return stack;
}

}  // namespace ingle
