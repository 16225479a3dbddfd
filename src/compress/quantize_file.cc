#include "compress/quantize_file.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <optional>
#include <vector>

#include "formats/gguf/gguf_file.h"
#include "formats/gguf/gguf_writer.h"
#include "kernels/dequantize/dequantize.h"
#include "kernels/quantize/quantize.h"
#include "tensor/blocks.h"

namespace ingle {
namespace {

constexpr uint32_t kQuantizationVersion = 2;  // of the block layouts above
constexpr size_t kChunkElements = size_t{1} << 22;
constexpr std::string_view kTokenEmbedding = "token_embd.weight";
constexpr std::string_view kOutput = "output.weight";

// What general.file_type calls a file of mostly this type. The super-block types have variants that
// mix in others; ours are the plain ones ("S").
std::optional<uint32_t> FileTypeOf(DType type) {
  switch (type) {
    case DType::kF32:
      return 0;
    case DType::kF16:
      return 1;
    case DType::kQ4_0:
      return 2;
    case DType::kQ4_1:
      return 3;
    case DType::kQ8_0:
      return 7;
    case DType::kQ5_0:
      return 8;
    case DType::kQ5_1:
      return 9;
    case DType::kQ2_K:
      return 10;
    case DType::kQ3_K:
      return 11;
    case DType::kQ4_K:
      return 14;
    case DType::kQ5_K:
      return 16;
    case DType::kQ6_K:
      return 18;
    case DType::kBF16:
      return 32;
    default:
      return std::nullopt;
  }
}

bool IsSuperBlock(DType type) { return Info(type).block_elements == kSuperBlock; }

bool IsMatrix(std::string_view name, const Shape& shape) {
  if (shape.rank() < 2 || !name.ends_with(".weight")) return false;
  return name != "position_embd.weight" && name != "token_types.weight" &&
         !name.ends_with("ffn_gate_inp.weight");
}

DType OutputTypeFor(DType target) {
  if (IsSuperBlock(target)) return DType::kQ6_K;
  return IsQuantized(target) ? DType::kQ8_0 : target;
}

// For rows that are no multiple of 256.
DType SmallBlockFor(DType type) {
  switch (type) {
    case DType::kQ2_K:
    case DType::kQ3_K:
      return DType::kQ4_0;
    case DType::kQ4_K:
      return DType::kQ5_0;
    case DType::kQ5_K:
      return DType::kQ5_1;
    case DType::kQ6_K:
      return DType::kQ8_0;
    default:
      return type;
  }
}

// Work on one tensor, a chunk at a time: decode, check, encode. A tensor's rows follow one another
// and are whole blocks of both types, so a chunk need not end with a row, only with a super-block.
class Converter {
 public:
  explicit Converter(WorkerPool* pool) : pool_(pool) {}

  Status Convert(const TensorView& from, DType to, GgufWriter& writer) {
    const uint64_t elements = from.shape.elements();
    for (uint64_t begin = 0; begin < elements; begin += kChunkElements) {
      const auto count = static_cast<size_t>(std::min<uint64_t>(kChunkElements, elements - begin));
      const std::byte* source = from.data + RowBytes(from.type, begin);
      if (!ConvertChunk(from.type, source, to, count)) {
        return Fail(ErrorCode::kCorrupt, "it holds weights that are NaN or infinite");
      }
      if (Status s = writer.Write(Bytes(encoded_)); !s) return s;
    }
    return {};
  }

 private:
  // False when a value is not finite.
  bool ConvertChunk(DType from, const std::byte* source, DType to, size_t count) {
    floats_.resize(count);
    encoded_.resize(static_cast<size_t>(RowBytes(to, count)));
    std::atomic<bool> finite = true;
    const auto convert = [&](size_t begin, size_t end) {
      if (begin == end) return;
      float* values = floats_.data() + begin;
      const size_t length = end - begin;
      DequantizeRow(from, source + RowBytes(from, begin), values, length);
      if (!std::all_of(values, values + length, [](float v) { return std::isfinite(v); })) {
        finite = false;
      }
      QuantizeRow(to, values, encoded_.data() + RowBytes(to, begin), length);
    };
    if (pool_ == nullptr) {
      convert(0, count);
    } else {
      pool_->Run([&](Worker& worker) {
        const Worker::Range share = worker.Share(count, kSuperBlock);
        convert(share.begin, share.end);
      });
    }
    return finite;
  }

  WorkerPool* pool_;
  std::vector<float> floats_;
  std::vector<std::byte> encoded_;
};

struct Plan {
  GgufHeader header;
  std::vector<TensorView> from;
  std::vector<DType> to;
};

Result<Plan> MakePlan(const GgufFile& model, DType target, uint32_t file_type) {
  Plan plan;
  for (const GgufField& field : model.fields()) {
    if (field.key == "general.alignment" || field.key.starts_with("split.")) continue;
    plan.header.Set(field.key, field.value);
  }
  plan.header.SetUint32("general.quantization_version", kQuantizationVersion);
  plan.header.SetUint32("general.file_type", file_type);

  const bool tied_output = model.FindTensor(kOutput) == nullptr;
  for (const GgufTensor& tensor : model.tensors()) {
    const Result<TensorView> view = model.View(tensor);
    if (!view) return Fail(view.error());
    const DType to = IsInteger(view->type)
                         ? view->type
                         : QuantizedTypeOf(tensor.name, tensor.shape, target, tied_output);
    plan.header.AddTensor(tensor.name, to, tensor.shape);
    plan.from.push_back(*view);
    plan.to.push_back(to);
  }
  return plan;
}

}  // namespace

DType QuantizedTypeOf(std::string_view name, const Shape& shape, DType target, bool tied_output) {
  if (!IsMatrix(name, shape)) return DType::kF32;
  const bool is_output = name == kOutput || (tied_output && name == kTokenEmbedding);
  DType type = is_output ? OutputTypeFor(target) : target;
  if (shape.columns() % Info(type).block_elements != 0) type = SmallBlockFor(type);
  if (shape.columns() % Info(type).block_elements != 0) type = DType::kF16;
  return type;
}

Status QuantizeGguf(const std::string& in, const std::string& out, DType target,
                    const QuantizeOptions& options) {
  const std::optional<uint32_t> file_type = FileTypeOf(target);
  if (!file_type) {
    return Fail(ErrorCode::kInvalidArgument, "weights cannot be stored as ", Name(target));
  }
  const Result<GgufFile> model = OpenGguf(in);
  if (!model) return Fail(model.error());
  const Result<Plan> plan = MakePlan(*model, target, *file_type);
  if (!plan) return Fail(plan.error());
  Result<GgufWriter> writer = GgufWriter::Create(out, plan->header);
  if (!writer) return Fail(writer.error());

  Converter converter(options.pool);
  for (size_t i = 0; i < plan->from.size(); ++i) {
    const std::string_view name = model->tensors()[i].name;
    const TensorView& from = plan->from[i];
    const DType to = plan->to[i];
    if (options.progress) options.progress({name, i, plan->from.size(), from.type, to});
    const Status written = from.type == to
                               ? writer->Write(Bytes(from.data, static_cast<size_t>(from.bytes())))
                               : converter.Convert(from, to, *writer);
    if (!written) return Fail(written.error(), in, ": tensor ", Quote(name));
  }
  return writer->Finish();
}

}  // namespace ingle
