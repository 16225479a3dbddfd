// For tests: a random model of two layers and 323 tokens, with the bytes as its alphabet.
#pragma once

#include <memory>

#include <gtest/gtest.h>

#include "engine/engine.h"

namespace ingle {

constexpr char kTinyModel[] = INGLE_SOURCE_DIR "/tests/conformance/llama/plain.gguf";

inline std::unique_ptr<Engine> LoadTinyModel(EngineOptions options = {}) {
  if (options.threads == 0) options.threads = 1;
  auto engine = Engine::Load(kTinyModel, options);
  if (engine) return std::move(*engine);
  ADD_FAILURE() << engine.error().message();
  return nullptr;
}

}  // namespace ingle
