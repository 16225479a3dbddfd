#include "formats/int4/int4_matrix.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/half.h"
#include "tensor/blocks.h"

namespace ingle {
namespace {

constexpr size_t kLanes = 8;  // numbers in a word
constexpr size_t kAwqOrder[kLanes] = {0, 2, 4, 6, 1, 3, 5, 7};
constexpr int kSymmetricZero = 8;

template <class T>
T Load(const TensorView& view, size_t index) {
  T value;
  std::memcpy(&value, view.data + index * sizeof(T), sizeof(T));
  return value;
}

// Reads a matrix that Check found in order.
struct Reader {
  explicit Reader(const Int4Matrix& from)
      : matrix(from),
        inputs(static_cast<size_t>(from.weights.shape[0] * (is_awq() ? 1 : kLanes))),
        outputs(static_cast<size_t>(matrix.scales.shape[1])),
        groups(static_cast<size_t>(matrix.scales.shape[0])),
        group_size(matrix.group_size == 0 ? inputs : static_cast<size_t>(matrix.group_size)) {}

  // The numbers of outputs strip * 8 ... + 7, [8, inputs].
  void ReadStrip(size_t strip, uint8_t* q) const {
    if (is_awq()) {
      for (size_t input = 0; input < inputs; ++input) {
        const auto word = Load<uint32_t>(matrix.weights, input * outputs / kLanes + strip);
        for (size_t k = 0; k < kLanes; ++k) q[kAwqOrder[k] * inputs + input] = word >> 4 * k & 15u;
      }
      return;
    }
    for (size_t row = 0; row < inputs / kLanes; ++row) {
      for (size_t lane = 0; lane < kLanes; ++lane) {
        const auto word = Load<uint32_t>(matrix.weights, row * outputs + strip * kLanes + lane);
        uint8_t* to = q + lane * inputs + row * kLanes;
        for (size_t k = 0; k < kLanes; ++k) to[k] = word >> 4 * k & 15u;
      }
    }
  }

  int Zero(size_t group, size_t output) const {
    if (!matrix.zeros) return kSymmetricZero;
    const auto word = Load<uint32_t>(*matrix.zeros, (group * outputs + output) / kLanes);
    size_t place = output % kLanes;
    if (is_awq()) place = place % 2 * 4 + place / 2;  // the inverse of kAwqOrder
    const int stored = static_cast<int>(word >> 4 * place & 15u);
    return matrix.layout == Int4Layout::kGptq ? stored + 1 : stored;
  }

  float Scale(size_t group, size_t output) const {
    const size_t index = group * outputs + output;
    if (matrix.scales.type == DType::kF32) return Load<float>(matrix.scales, index);
    const auto bits = Load<uint16_t>(matrix.scales, index);
    return matrix.scales.type == DType::kF16 ? F16ToF32(bits) : BF16ToF32(bits);
  }

  size_t GroupOf(size_t input) const {
    if (!matrix.group_of_input) return input / group_size;
    return Load<uint32_t>(*matrix.group_of_input, input);
  }

  bool is_awq() const { return matrix.layout == Int4Layout::kAwqGemm; }

  const Int4Matrix& matrix;
  const size_t inputs;
  const size_t outputs;
  const size_t groups;
  const size_t group_size;
};

// ---- Checks ---------------------------------------------------------------------------------

Status CheckTensor(std::string_view name, std::string_view part, const TensorView& view,
                   const Shape& shape) {
  if (view.shape == shape) return {};
  return Fail(ErrorCode::kCorrupt, name, ".", part, " is ", ToString(view.shape),
              ", but the other tensors say ", ToString(shape));
}

Status CheckTypes(std::string_view name, const Int4Matrix& matrix) {
  const auto unsupported = [&](std::string_view part, DType type, std::string_view expected) {
    return Fail(ErrorCode::kUnsupported, name, ".", part, " is ", Name(type), ", expected ",
                expected);
  };
  if (matrix.weights.type != DType::kI32) {
    return unsupported("qweight", matrix.weights.type, "I32");
  }
  if (matrix.zeros && matrix.zeros->type != DType::kI32) {
    return unsupported("qzeros", matrix.zeros->type, "I32");
  }
  const DType scales = matrix.scales.type;
  if (scales != DType::kF16 && scales != DType::kBF16 && scales != DType::kF32) {
    return unsupported("scales", scales, "F16, BF16 or F32");
  }
  if (matrix.group_of_input && matrix.group_of_input->type != DType::kI32) {
    return unsupported("g_idx", matrix.group_of_input->type, "I32");
  }
  return {};
}

Status CheckShapes(std::string_view name, const Int4Matrix& matrix) {
  const Shape& weights = matrix.weights.shape;
  const Shape& scales = matrix.scales.shape;
  if (weights.rank() != 2 || scales.rank() != 2 || weights.elements() == 0 ||
      scales.elements() == 0 || scales[1] % kLanes != 0) {
    return Fail(ErrorCode::kCorrupt, name, ": qweight of ", ToString(weights), " and scales of ",
                ToString(scales), " are no matrix of 4-bit numbers");
  }
  const bool awq = matrix.layout == Int4Layout::kAwqGemm;
  const uint64_t inputs = weights[0] * (awq ? 1 : kLanes);
  const uint64_t outputs = scales[1];
  const uint64_t size = matrix.group_size == 0 ? inputs : matrix.group_size;
  const uint64_t groups = inputs / size + (inputs % size != 0 ? 1 : 0);
  const Shape words = awq ? Shape{inputs, outputs / kLanes} : Shape{inputs / kLanes, outputs};
  if (Status s = CheckTensor(name, "qweight", matrix.weights, words); !s) return s;
  if (Status s = CheckTensor(name, "scales", matrix.scales, {groups, outputs}); !s) return s;
  if (matrix.zeros) {
    const Shape zeros = {groups, outputs / kLanes};
    if (Status s = CheckTensor(name, "qzeros", *matrix.zeros, zeros); !s) return s;
  }
  if (!matrix.group_of_input) return {};
  return CheckTensor(name, "g_idx", *matrix.group_of_input, {inputs});
}

Status CheckGroups(std::string_view name, const Reader& reader) {
  for (size_t input = 0; input < reader.inputs; ++input) {
    if (reader.GroupOf(input) >= reader.groups) {
      return Fail(ErrorCode::kCorrupt, name, ".g_idx puts input ", input, " in group ",
                  reader.GroupOf(input), ", but there are ", reader.groups);
    }
  }
  return {};
}

Status CheckScales(std::string_view name, const Reader& reader) {
  for (size_t group = 0; group < reader.groups; ++group) {
    for (size_t output = 0; output < reader.outputs; ++output) {
      // What is stored is at most 16 scales.
      const float scale = reader.Scale(group, output);
      if (!(std::abs(scale) <= 65504.0f / 16)) {
        return Fail(ErrorCode::kCorrupt, name, ".scales holds ", scale,
                    ", beyond what weights of binary16 can have");
      }
    }
  }
  return {};
}

// ---- Repacking ------------------------------------------------------------------------------

DType TypeFor(const Reader& reader) {
  const bool whole_blocks =
      reader.inputs % kBlock == 0 && (reader.groups == 1 || reader.group_size % kBlock == 0);
  if (!whole_blocks) return DType::kF16;
  for (size_t input = 0; input < reader.inputs; ++input) {
    if (reader.GroupOf(input) != input / reader.group_size) return DType::kF16;
  }
  for (size_t group = 0; group < reader.groups; ++group) {
    for (size_t output = 0; output < reader.outputs; ++output) {
      if (reader.Zero(group, output) != kSymmetricZero) return DType::kQ4_1;
    }
  }
  return DType::kQ4_0;
}

// Elements i and i + 16 share a byte.
void PackNibbles(const uint8_t* q, uint8_t* packed) {
  for (int i = 0; i < kBlock / 2; ++i) {
    packed[i] = static_cast<uint8_t>(q[i] | q[i + kBlock / 2] << 4);
  }
}

void WriteBlocks(const Reader& reader, size_t output, const uint8_t* q, DType type,
                 std::byte* row) {
  for (size_t input = 0; input < reader.inputs; input += kBlock) {
    const size_t group = input / reader.group_size;
    const float scale = reader.Scale(group, output);
    if (type == DType::kQ4_0) {
      BlockQ4_0 block;
      block.d = F32ToF16(scale);
      PackNibbles(q + input, block.q);
      std::memcpy(row, &block, sizeof(block));
      row += sizeof(block);
    } else {
      BlockQ4_1 block;
      block.d = F32ToF16(scale);
      block.m = F32ToF16(-scale * static_cast<float>(reader.Zero(group, output)));
      PackNibbles(q + input, block.q);
      std::memcpy(row, &block, sizeof(block));
      row += sizeof(block);
    }
  }
}

void WriteHalves(const Reader& reader, size_t output, const uint8_t* q, std::byte* row) {
  for (size_t input = 0; input < reader.inputs; ++input) {
    const size_t group = reader.GroupOf(input);
    const int level = q[input] - reader.Zero(group, output);
    const uint16_t half = F32ToF16(reader.Scale(group, output) * static_cast<float>(level));
    std::memcpy(row + input * sizeof(half), &half, sizeof(half));
  }
}

}  // namespace

Result<DType> Int4Type(std::string_view name, const Int4Matrix& matrix) {
  if (Status s = CheckTypes(name, matrix); !s) return Fail(s.error());
  if (Status s = CheckShapes(name, matrix); !s) return Fail(s.error());
  const Reader reader(matrix);
  if (Status s = CheckGroups(name, reader); !s) return Fail(s.error());
  if (Status s = CheckScales(name, reader); !s) return Fail(s.error());
  return TypeFor(reader);
}

Shape Int4Shape(const Int4Matrix& matrix) {
  const Reader reader(matrix);
  return {reader.outputs, reader.inputs};
}

Result<OwnedMatrix> RepackInt4(std::string_view name, const Int4Matrix& matrix) {
  const Result<DType> checked = Int4Type(name, matrix);
  if (!checked) return Fail(checked.error());
  const DType type = *checked;
  const Reader reader(matrix);
  OwnedMatrix result{type, {reader.outputs, reader.inputs}, {}};
  const auto row_bytes = static_cast<size_t>(RowBytes(type, reader.inputs));
  result.data.resize(reader.outputs * row_bytes);
  std::vector<uint8_t> q(kLanes * reader.inputs);
  for (size_t output = 0; output < reader.outputs; ++output) {
    if (output % kLanes == 0) reader.ReadStrip(output / kLanes, q.data());
    const uint8_t* levels = q.data() + output % kLanes * reader.inputs;
    std::byte* row = result.data.data() + output * row_bytes;
    if (type == DType::kF16) {
      WriteHalves(reader, output, levels, row);
    } else {
      WriteBlocks(reader, output, levels, type, row);
    }
  }
  return result;
}

}  // namespace ingle
