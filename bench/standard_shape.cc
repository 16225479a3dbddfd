#include "standard_shape.h"

#include <algorithm>
#include <cctype>

namespace ingle {
namespace {

constexpr StandardShape kShapes[] = {
    {.name = "SmolLM2-135M",
     .architecture = "llama",
     .layers = 30,
     .width = 576,
     .feed_forward = 1536,
     .heads = 9,
     .kv_heads = 3,
     .head_size = 64,
     .vocabulary = 49152,
     .context = 8192,
     .rope_base = 100'000,
     .epsilon = 1e-5f,
     .tied = true},
    {.name = "SmolLM2-360M",
     .architecture = "llama",
     .layers = 32,
     .width = 960,
     .feed_forward = 2560,
     .heads = 15,
     .kv_heads = 5,
     .head_size = 64,
     .vocabulary = 49152,
     .context = 8192,
     .rope_base = 100'000,
     .epsilon = 1e-5f,
     .tied = true},
    {.name = "Qwen2.5-0.5B",
     .architecture = "qwen2",
     .layers = 24,
     .width = 896,
     .feed_forward = 4864,
     .heads = 14,
     .kv_heads = 2,
     .head_size = 64,
     .vocabulary = 151936,
     .context = 32768,
     .rope_base = 1'000'000,
     .epsilon = 1e-6f,
     .tied = true},
    {.name = "TinyLlama-1.1B",
     .architecture = "llama",
     .layers = 22,
     .width = 2048,
     .feed_forward = 5632,
     .heads = 32,
     .kv_heads = 4,
     .head_size = 64,
     .vocabulary = 32000,
     .context = 2048,
     .rope_base = 10'000,
     .epsilon = 1e-5f,
     .tied = false},
    {.name = "Llama-3.2-1B",
     .architecture = "llama",
     .layers = 16,
     .width = 2048,
     .feed_forward = 8192,
     .heads = 32,
     .kv_heads = 8,
     .head_size = 64,
     .vocabulary = 128256,
     .context = 131072,
     .rope_base = 500'000,
     .epsilon = 1e-5f,
     .tied = true},
    {.name = "Granite-3.1-1B-A400M",
     .architecture = "granitemoe",
     .layers = 24,
     .width = 1024,
     .feed_forward = 512,
     .experts = 32,
     .experts_used = 8,
     .heads = 16,
     .kv_heads = 8,
     .head_size = 64,
     .vocabulary = 49155,
     .context = 131072,
     .rope_base = 1'500'000,
     .epsilon = 1e-6f,
     .tied = true,
     .scales = {.embedding = 12, .residual = 0.22f, .attention = 0.015625f, .logits = 6}},
    {.name = "Llama-3.2-3B",
     .architecture = "llama",
     .layers = 28,
     .width = 3072,
     .feed_forward = 8192,
     .heads = 24,
     .kv_heads = 8,
     .head_size = 128,
     .vocabulary = 128256,
     .context = 131072,
     .rope_base = 500'000,
     .epsilon = 1e-5f,
     .tied = true},
    {.name = "Mistral-7B",  // v0.3
     .architecture = "llama",
     .layers = 32,
     .width = 4096,
     .feed_forward = 14336,
     .heads = 32,
     .kv_heads = 8,
     .head_size = 128,
     .vocabulary = 32768,
     .context = 32768,
     .rope_base = 1'000'000,
     .epsilon = 1e-5f,
     .tied = false},
};

bool SameLetters(char a, char b) {
  return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
}

}  // namespace

std::span<const StandardShape> StandardShapes() { return kShapes; }

const StandardShape* FindStandardShape(std::string_view name) {
  for (const StandardShape& shape : kShapes) {
    if (std::ranges::equal(shape.name, name, SameLetters)) return &shape;
  }
  return nullptr;
}

}  // namespace ingle
