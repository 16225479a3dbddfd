// Any bytes as a saved session: as they are where they begin as one does, else behind the identity
// of the model, which no fuzzer guesses. What is taken for a session is saved as the same bytes,
// and can go on.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/engine.h"

namespace {

using namespace ingle;

constexpr char kModel[] = INGLE_SOURCE_DIR "/tests/conformance/llama/plain.gguf";

std::unique_ptr<Engine> LoadModel() {
  EngineOptions options;
  options.threads = 1;
  options.context = 64;
  auto engine = Engine::Load(kModel, options);
  if (!engine) __builtin_trap();
  return *std::move(engine);
}

// A session's bytes up to the identity: behind it an empty one has a flag and a count.
std::string Beginning(Engine& engine) {
  std::string saved = engine.NewSession()->Save();
  saved.resize(saved.size() - 2 * sizeof(uint32_t));
  return saved;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::unique_ptr<Engine> engine = LoadModel();
  static const std::string beginning = Beginning(*engine);
  std::string bytes(reinterpret_cast<const char*>(data), size);
  if (!bytes.starts_with("INGS")) bytes = beginning + bytes;

  const auto session = engine->Restore(bytes);
  if (!session) return 0;
  if ((*session)->Save() != bytes) __builtin_trap();
  constexpr std::array<TokenId, 2> kTokens = {1, 2};
  if ((*session)->length() + kTokens.size() > engine->info().context) return 0;
  (void)engine->Prefill(**session, kTokens);  // which may find numbers that are none
  return 0;
}
