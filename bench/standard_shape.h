// The shapes of the models that speed is measured with.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ingle {

// Hyper-parameters of a decoder of the Llama or Qwen2 kind, as its publisher's config.json has
// them.
struct StandardShape {
  std::string_view name;          // "TinyLlama-1.1B"
  std::string_view architecture;  // "llama" or "qwen2"; the latter adds biases to q, k and v
  uint32_t layers;
  uint32_t width;
  uint32_t feed_forward;
  uint32_t heads;
  uint32_t kv_heads;
  uint32_t head_size;
  uint32_t vocabulary;
  uint32_t context;
  float rope_base;
  float epsilon;
  bool tied;  // the embedding doubles as the output matrix
};

// Smallest first.
std::span<const StandardShape> StandardShapes();

// By name, without regard to case. Null when there is no such shape.
const StandardShape* FindStandardShape(std::string_view name);

}  // namespace ingle
