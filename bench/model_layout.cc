#include "model_layout.h"

#include "byte_vocabulary.h"
#include "compress/tensor_writer.h"

namespace ingle {
namespace {

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

}  // namespace

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

}  // namespace ingle
