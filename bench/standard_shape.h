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

// Hyper-parameters of a decoder of the Llama kind, as its publisher's config.json has them.
struct StandardShape {
  std::string_view name;  // "TinyLlama-1.1B"
  // "llama"; "qwen2", which adds biases to q, k and v; or "granitemoe", which has experts.
  std::string_view architecture;
  uint32_t layers;
  uint32_t width;
  uint32_t feed_forward;  // of one expert, where there are experts
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
};

// Smallest first.
std::span<const StandardShape> StandardShapes();

// By name, without regard to case. Null when there is no such shape.
const StandardShape* FindStandardShape(std::string_view name);

}  // namespace ingle
