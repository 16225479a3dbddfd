#include "random_model.h"

#include <algorithm>
#include <map>
#include <vector>

#include "formats/gguf/gguf_writer.h"
#include "kernels/quantize/quantize.h"
#include "model_layout.h"
#include "tensor/blocks.h"

namespace ingle {
namespace {

// A prime: rows of n blocks repeat only after all blocks of the pool have begun one.
constexpr uint64_t kPoolSuperBlocks = 4099;
constexpr uint64_t kPoolElements = kPoolSuperBlocks * kSuperBlock;
constexpr float kDeviation = 0.02f;

// Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
class SplitMix64 {
 public:
  explicit SplitMix64(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_;
};

// Nearly normal, and without a library function whose last bit differs between machines: the sum
// of four uniform numbers of 16 bits, whose deviation is 65536 / sqrt(3).
float Gaussian(SplitMix64& random) {
  const uint64_t bits = random.Next();
  int64_t sum = -2 * 65535;
  for (int part = 0; part < 4; ++part) sum += static_cast<int64_t>(bits >> (16 * part) & 0xFFFF);
  return static_cast<float>(sum) * (1.7320508f / 65536);
}

class WeightPool {
 public:
  WeightPool() : floats_(kPoolElements) {
    for (float& value : floats_) value = kDeviation * Gaussian(random_);
  }

  Status WriteTensor(DType type, uint64_t bytes, GgufWriter& writer) {
    const std::vector<std::byte>& pool = Encoded(type);
    const uint64_t block = Info(type).block_bytes;
    uint64_t from = random_.Next() % (pool.size() / block) * block;
    while (bytes > 0) {
      const uint64_t length = std::min<uint64_t>(bytes, pool.size() - from);
      const Status written = writer.Write(Bytes(pool).subspan(from, length));
      if (!written) return written;
      bytes -= length;
      from = 0;
    }
    return {};
  }

  std::vector<float> Floats(uint64_t count, float deviation) {
    const uint64_t from = random_.Next() % kPoolElements;
    std::vector<float> values(count);
    for (uint64_t i = 0; i < count; ++i) {
      values[i] = floats_[(from + i) % kPoolElements] * (deviation / kDeviation);
    }
    return values;
  }

 private:
  const std::vector<std::byte>& Encoded(DType type) {
    std::vector<std::byte>& bytes = encoded_[type];
    if (bytes.empty()) {
      bytes.resize(RowBytes(type, kPoolElements));
      QuantizeRow(type, floats_.data(), bytes.data(), kPoolElements);
    }
    return bytes;
  }

  SplitMix64 random_{1};
  std::vector<float> floats_;
  std::map<DType, std::vector<std::byte>> encoded_;
};

bool IsConvolution(std::string_view name) {
  return name.ends_with(".ssm_conv1d.weight") || name.ends_with(".shortconv.conv.weight");
}

// Tensors that are no product's, and must not be just any numbers.
bool IsChosen(std::string_view name) {
  return name.ends_with("_norm.weight") || IsConvolution(name) || name.ends_with(".ssm_a") ||
         name.ends_with(".ssm_d") || name.ends_with(".ssm_dt.bias");
}

// Norms leave what they get. Convolutions amplify it: what a state adds is a product of three of
// their outputs, and has to show beside what passes the state by. Decay is what models are trained
// from: rates from 1 to nearly 16 over the heads, so that some remember longer than others. With a
// rate above zero states would grow without end.
std::vector<float> ChosenValues(const NamedTensor& tensor, WeightPool& pool) {
  const uint64_t count = tensor.shape.elements();
  if (IsConvolution(tensor.name)) return pool.Floats(count, 1);
  std::vector<float> values(count, 1);
  if (tensor.name.ends_with(".ssm_dt.bias")) std::fill(values.begin(), values.end(), -2.0f);
  if (tensor.name.ends_with(".ssm_a")) {
    for (uint64_t head = 0; head < count; ++head) {
      values[head] = -1 - 15 * static_cast<float>(head) / static_cast<float>(count);
    }
  }
  return values;
}

}  // namespace

Status WriteRandomModel(const StandardShape& shape, const QuantizationMix& mix,
                        const std::string& path) {
  const std::vector<NamedTensor> tensors = TensorsOf(shape);
  std::vector<MixTensor> mixed;
  for (const NamedTensor& tensor : tensors) mixed.push_back({tensor.name, tensor.shape});
  const MixModel facts{.layers = shape.layers,
                       .experts = shape.experts,
                       .heads_per_kv_head = shape.heads / std::max(1u, shape.kv_heads)};
  const std::vector<DType> types = TypesInMix(mix, facts, mixed);

  GgufHeader header = MetadataOf(shape, mix);
  for (size_t i = 0; i < tensors.size(); ++i) {
    header.AddTensor(tensors[i].name, types[i], tensors[i].shape);
  }
  Result<GgufWriter> writer = GgufWriter::Create(path, header);
  if (!writer) return Fail(writer.error());
  WeightPool pool;
  for (size_t i = 0; i < tensors.size(); ++i) {
    Status written;
    if (IsChosen(tensors[i].name)) {
      const std::vector<float> values = ChosenValues(tensors[i], pool);
      written = writer->Write(std::as_bytes(std::span(values)));
    } else {
      written = pool.WriteTensor(types[i], header.tensor_bytes(i), *writer);
    }
    if (!written) return written;
  }
  return writer->Finish();
}

}  // namespace ingle
