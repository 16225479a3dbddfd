// The shapes of the models that speed is measured with.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ingle {

// What Granite multiplies with.
struct GraniteScales {
  float embedding;
  float residual;
  float attention;
  float logits;
};

// How a layer brings tokens together.
enum class Mixer : char {
  kAttention = 'a',
  kShortConv = 'c',
  kDeltaRule = 'd',
  kMamba = 'm',
};

// Of layers that do not attend. LFM2's have nothing but the convolution.
struct RecurrentShape {
  uint32_t taps = 0;  // of the convolution
  uint32_t heads = 0;
  uint32_t groups = 0;  // of heads that share keys and queries
  uint32_t key_size = 0;
  uint32_t value_size = 0;
};

// Hyper-parameters of a decoder, as its publisher's config.json has them.
struct StandardShape {
  std::string_view name;  // "TinyLlama-1.1B"
  // "llama"; "qwen2", which adds biases to q, k and v; "granitemoe", which has experts; or of those
  // whose layers differ "granitehybrid", "lfm2", "qwen35", "mamba2".
  std::string_view architecture;
  uint32_t layers;
  uint32_t width;
  uint32_t feed_forward;  // of one expert, where there are experts; 0: there is no such network
  uint32_t experts = 0;
  uint32_t experts_used = 0;
  uint32_t heads;
  uint32_t kv_heads;
  uint32_t head_size;
  uint32_t vocabulary;
  uint32_t context;
  float rope_base;
  float epsilon;
  bool tied;  // the embedding doubles as the output matrix
  GraniteScales scales = {1, 1, 1, 1};
  uint32_t rotated = 0;          // of a head, by RoPE; 0: all of it
  std::string_view mixers = {};  // the letter of each layer's; empty: all attend
  RecurrentShape recurrent = {};
};

// Smallest first.
std::span<const StandardShape> StandardShapes();

// By name, without regard to case. Null when there is no such shape.
const StandardShape* FindStandardShape(std::string_view name);

}  // namespace ingle
