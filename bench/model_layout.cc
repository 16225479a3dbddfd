#include "model_layout.h"

#include "byte_vocabulary.h"
#include "compress/tensor_writer.h"

namespace ingle {
namespace {

Mixer MixerOf(const StandardShape& s, uint32_t layer) {
  return s.mixers.empty() ? Mixer::kAttention : static_cast<Mixer>(s.mixers[layer]);
}

// ---- Tensors --------------------------------------------------------------------------------

bool GatesAttention(const StandardShape& s) { return s.architecture == "qwen35"; }

bool NormsHeads(const StandardShape& s) {
  return s.architecture == "qwen35" || s.architecture == "lfm2";
}

void AddAttention(const StandardShape& s, const std::string& blk,
                  std::vector<NamedTensor>& tensors) {
  const uint64_t q = uint64_t{s.heads} * s.head_size;
  const uint64_t kv = uint64_t{s.kv_heads} * s.head_size;
  tensors.push_back({blk + "attn_q.weight", {GatesAttention(s) ? 2 * q : q, s.width}});
  tensors.push_back({blk + "attn_k.weight", {kv, s.width}});
  tensors.push_back({blk + "attn_v.weight", {kv, s.width}});
  if (s.architecture == "qwen2") {
    tensors.push_back({blk + "attn_q.bias", {q}});
    tensors.push_back({blk + "attn_k.bias", {kv}});
    tensors.push_back({blk + "attn_v.bias", {kv}});
  }
  if (NormsHeads(s)) {
    tensors.push_back({blk + "attn_q_norm.weight", {s.head_size}});
    tensors.push_back({blk + "attn_k_norm.weight", {s.head_size}});
  }
  tensors.push_back({blk + "attn_output.weight", {s.width, q}});
}

void AddShortConv(const StandardShape& s, const std::string& blk,
                  std::vector<NamedTensor>& tensors) {
  tensors.push_back({blk + "shortconv.in_proj.weight", {3 * uint64_t{s.width}, s.width}});
  tensors.push_back({blk + "shortconv.conv.weight", {s.width, s.recurrent.taps}});
  tensors.push_back({blk + "shortconv.out_proj.weight", {s.width, s.width}});
}

uint64_t Keys(const RecurrentShape& r) { return uint64_t{r.groups} * r.key_size; }
uint64_t Values(const RecurrentShape& r) { return uint64_t{r.heads} * r.value_size; }

void AddMamba(const StandardShape& s, const std::string& blk, std::vector<NamedTensor>& tensors) {
  const RecurrentShape& r = s.recurrent;
  const uint64_t inner = Values(r), convolved = inner + 2 * Keys(r);
  tensors.push_back({blk + "ssm_in.weight", {inner + convolved + r.heads, s.width}});
  tensors.push_back({blk + "ssm_conv1d.weight", {convolved, r.taps}});
  tensors.push_back({blk + "ssm_conv1d.bias", {convolved}});
  tensors.push_back({blk + "ssm_dt.bias", {r.heads}});
  tensors.push_back({blk + "ssm_a", {r.heads, 1}});
  tensors.push_back({blk + "ssm_d", {r.heads, 1}});
  tensors.push_back({blk + "ssm_norm.weight", {r.groups, inner / r.groups}});
  tensors.push_back({blk + "ssm_out.weight", {s.width, inner}});
}

void AddDeltaRule(const StandardShape& s, const std::string& blk,
                  std::vector<NamedTensor>& tensors) {
  const RecurrentShape& r = s.recurrent;
  const uint64_t values = Values(r), convolved = values + 2 * Keys(r);
  tensors.push_back({blk + "attn_qkv.weight", {convolved, s.width}});
  tensors.push_back({blk + "attn_gate.weight", {values, s.width}});
  tensors.push_back({blk + "ssm_conv1d.weight", {convolved, r.taps}});
  tensors.push_back({blk + "ssm_dt.bias", {r.heads}});
  tensors.push_back({blk + "ssm_a", {r.heads}});
  tensors.push_back({blk + "ssm_beta.weight", {r.heads, s.width}});
  tensors.push_back({blk + "ssm_alpha.weight", {r.heads, s.width}});
  tensors.push_back({blk + "ssm_norm.weight", {r.value_size}});
  tensors.push_back({blk + "ssm_out.weight", {s.width, values}});
}

void AddMixer(const StandardShape& s, Mixer mixer, const std::string& blk,
              std::vector<NamedTensor>& tensors) {
  switch (mixer) {
    case Mixer::kAttention:
      return AddAttention(s, blk, tensors);
    case Mixer::kShortConv:
      return AddShortConv(s, blk, tensors);
    case Mixer::kDeltaRule:
      return AddDeltaRule(s, blk, tensors);
    case Mixer::kMamba:
      return AddMamba(s, blk, tensors);
  }
}

void AddFeedForward(const StandardShape& s, const std::string& blk,
                    std::vector<NamedTensor>& tensors) {
  if (s.feed_forward == 0) return;
  const char* norm = s.architecture == "qwen35" ? "post_attention_norm" : "ffn_norm";
  tensors.push_back({Cat(blk, norm, ".weight"), {s.width}});
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

// ---- Metadata -------------------------------------------------------------------------------

void SetExperts(const StandardShape& s, const std::string& arch, GgufHeader& header) {
  header.SetUint32(arch + "expert_count", s.experts);
  header.SetUint32(arch + "expert_used_count", s.experts_used);
}

// How many heads of keys each layer has says which ones attend; of qwen35 the distance between
// them.
void SetKvHeads(const StandardShape& s, const std::string& arch, GgufHeader& header) {
  const std::string key = arch + "attention.head_count_kv";
  if (s.mixers.empty()) return header.SetUint32(key, s.kv_heads);
  if (s.architecture == "qwen35") {
    header.SetUint32(key, s.kv_heads);
    const size_t first = s.mixers.find(static_cast<char>(Mixer::kAttention));
    return header.SetUint32(arch + "full_attention_interval", static_cast<uint32_t>(first) + 1);
  }
  std::vector<int32_t> heads;
  for (uint32_t layer = 0; layer < s.layers; ++layer) {
    const bool attends = MixerOf(s, layer) == Mixer::kAttention;
    heads.push_back(attends ? static_cast<int32_t>(s.kv_heads) : 0);
  }
  header.SetInts(key, heads);
}

void SetAttention(const StandardShape& s, const std::string& arch, GgufHeader& header) {
  header.SetUint32(arch + "attention.head_count", s.heads);
  SetKvHeads(s, arch, header);
  header.SetUint32(arch + "attention.key_length", s.head_size);
  header.SetUint32(arch + "attention.value_length", s.head_size);
}

void SetRope(const StandardShape& s, const std::string& arch, GgufHeader& header) {
  header.SetUint32(arch + "rope.dimension_count", s.rotated > 0 ? s.rotated : s.head_size);
  header.SetFloat32(arch + "rope.freq_base", s.rope_base);
  if (s.architecture == "granitehybrid") header.SetBool(arch + "rope.scaling.finetuned", false);
  if (s.architecture == "qwen35") {
    // Of pictures, which have positions in three dimensions: of 64 numbers, 32 pairs.
    header.SetInts(arch + "rope.dimension_sections", std::vector<int32_t>{11, 11, 10, 0});
  }
}

void SetScales(const StandardShape& s, const std::string& arch, GgufHeader& header) {
  header.SetFloat32(arch + "embedding_scale", s.scales.embedding);
  header.SetFloat32(arch + "residual_scale", s.scales.residual);
  header.SetFloat32(arch + "attention.scale", s.scales.attention);
  header.SetFloat32(arch + "logit_scale", s.scales.logits);
}

void SetRecurrent(const RecurrentShape& r, const std::string& arch, GgufHeader& header) {
  if (r.heads == 0) return header.SetUint32(arch + "shortconv.l_cache", r.taps);
  header.SetUint32(arch + "ssm.conv_kernel", r.taps);
  header.SetUint32(arch + "ssm.state_size", r.key_size);
  header.SetUint32(arch + "ssm.group_count", r.groups);
  header.SetUint32(arch + "ssm.time_step_rank", r.heads);
  header.SetUint32(arch + "ssm.inner_size", static_cast<uint32_t>(Values(r)));
}

}  // namespace

std::vector<NamedTensor> TensorsOf(const StandardShape& s) {
  const char* last_norm =
      s.architecture == "lfm2" ? "token_embd_norm.weight" : "output_norm.weight";
  std::vector<NamedTensor> tensors = {{"token_embd.weight", {s.vocabulary, s.width}},
                                      {last_norm, {s.width}}};
  if (!s.tied) tensors.push_back({"output.weight", {s.vocabulary, s.width}});
  for (uint32_t layer = 0; layer < s.layers; ++layer) {
    const std::string blk = Cat("blk.", layer, ".");
    tensors.push_back({blk + "attn_norm.weight", {s.width}});
    AddMixer(s, MixerOf(s, layer), blk, tensors);
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
  if (s.heads > 0) SetAttention(s, arch, header);
  header.SetFloat32(arch + "attention.layer_norm_rms_epsilon", s.epsilon);
  if (s.heads > 0) SetRope(s, arch, header);
  header.SetUint32(arch + "vocab_size", s.vocabulary);
  if (s.experts > 0) SetExperts(s, arch, header);
  if (s.architecture.starts_with("granite")) SetScales(s, arch, header);
  if (!s.mixers.empty()) SetRecurrent(s.recurrent, arch, header);
  SetByteVocabulary(s.vocabulary, header);
  return header;
}

}  // namespace ingle
