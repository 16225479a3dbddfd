#include "random_model.h"

#include <algorithm>
#include <map>
#include <vector>

#include "byte_vocabulary.h"
#include "compress/tensor_writer.h"
#include "formats/gguf/gguf_writer.h"
#include "kernels/quantize/quantize.h"
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

struct NamedTensor {
  std::string name;
  Shape shape;
};

void AddFeedForward(const StandardShape& s, const std::string& blk,
                    std::vector<NamedTensor>& tensors) {
  if (s.experts == 0) {
    tensors.push_back({blk + "ffn_gate.weight", {s.feed_forward, s.width}});
    tensors.push_back({blk + "ffn_up.weight", {s.feed_forward, s.width}});
    tensors.push_back({blk + "ffn_down.weight", {s.width, s.feed_forward}});
    return;
  }
  tensors.push_back({blk + "ffn_gate_inp.weight", {s.experts, s.width}});
  tensors.push_back({blk + "ffn_gate_exps.weight", {s.experts, s.feed_forward, s.width}});
  tensors.push_back({blk + "ffn_up_exps.weight", {s.experts, s.feed_forward, s.width}});
  tensors.push_back({blk + "ffn_down_exps.weight", {s.experts, s.width, s.feed_forward}});
}

std::vector<NamedTensor> TensorsOf(const StandardShape& s) {
  const uint64_t q = uint64_t{s.heads} * s.head_size;
  const uint64_t kv = uint64_t{s.kv_heads} * s.head_size;
  std::vector<NamedTensor> tensors = {{"token_embd.weight", {s.vocabulary, s.width}},
                                      {"output_norm.weight", {s.width}}};
  if (!s.tied) tensors.push_back({"output.weight", {s.vocabulary, s.width}});
  for (uint32_t layer = 0; layer < s.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    tensors.push_back({blk + "attn_norm.weight", {s.width}});
    tensors.push_back({blk + "attn_q.weight", {q, s.width}});
    tensors.push_back({blk + "attn_k.weight", {kv, s.width}});
    tensors.push_back({blk + "attn_v.weight", {kv, s.width}});
    if (s.architecture == "qwen2") {
      tensors.push_back({blk + "attn_q.bias", {q}});
      tensors.push_back({blk + "attn_k.bias", {kv}});
      tensors.push_back({blk + "attn_v.bias", {kv}});
    }
    tensors.push_back({blk + "attn_output.weight", {s.width, q}});
    tensors.push_back({blk + "ffn_norm.weight", {s.width}});
    AddFeedForward(s, blk, tensors);
  }
  return tensors;
}

GgufHeader MetadataOf(const StandardShape& s, const QuantizationMix& mix) {
  const std::string arch = std::string(s.architecture) + ".";
  GgufHeader header;
  header.SetString("general.architecture", s.architecture);
  header.SetString("general.name", Cat(s.name, ", random weights"));
  header.SetUint32("general.quantization_version", kQuantizationVersion);
  header.SetUint32("general.file_type", mix.file_type);
  header.SetUint32(arch + "block_count", s.layers);
  header.SetUint32(arch + "context_length", s.context);
  header.SetUint32(arch + "embedding_length", s.width);
  header.SetUint32(arch + "feed_forward_length", s.feed_forward);
  header.SetUint32(arch + "attention.head_count", s.heads);
  header.SetUint32(arch + "attention.head_count_kv", s.kv_heads);
  header.SetUint32(arch + "attention.key_length", s.head_size);
  header.SetUint32(arch + "attention.value_length", s.head_size);
  header.SetFloat32(arch + "attention.layer_norm_rms_epsilon", s.epsilon);
  header.SetUint32(arch + "rope.dimension_count", s.head_size);
  header.SetFloat32(arch + "rope.freq_base", s.rope_base);
  header.SetUint32(arch + "vocab_size", s.vocabulary);
  if (s.experts > 0) {
    header.SetUint32(arch + "expert_count", s.experts);
    header.SetUint32(arch + "expert_used_count", s.experts_used);
  }
  if (s.architecture == "granitemoe") {
    header.SetFloat32(arch + "embedding_scale", s.scales.embedding);
    header.SetFloat32(arch + "residual_scale", s.scales.residual);
    header.SetFloat32(arch + "attention.scale", s.scales.attention);
    header.SetFloat32(arch + "logit_scale", s.scales.logits);
  }
  SetByteVocabulary(s.vocabulary, header);
  return header;
}

bool IsNorm(std::string_view name) { return name.ends_with("_norm.weight"); }

}  // namespace

Status WriteRandomModel(const StandardShape& shape, const QuantizationMix& mix,
                        const std::string& path) {
  const std::vector<NamedTensor> tensors = TensorsOf(shape);
  std::vector<MixTensor> mixed;
  for (const NamedTensor& tensor : tensors) mixed.push_back({tensor.name, tensor.shape});
  const MixModel facts{.layers = shape.layers,
                       .experts = shape.experts,
                       .heads_per_kv_head = shape.heads / shape.kv_heads};
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
    if (IsNorm(tensors[i].name)) {
      const std::vector<float> ones(tensors[i].shape.columns(), 1.0f);
      written = writer->Write(std::as_bytes(std::span(ones)));
    } else {
      written = pool.WriteTensor(types[i], header.tensor_bytes(i), *writer);
    }
    if (!written) return written;
  }
  return writer->Finish();
}

}  // namespace ingle
