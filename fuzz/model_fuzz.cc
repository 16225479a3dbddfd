// A whole model from bytes: metadata to tokenizer, template, graph and program, then a few tokens.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/byte_source.h"
#include "engine/engine.h"

namespace {

// Runs some text through the model, on both devices.
void Exercise(const std::string& bytes, ingle::DeviceKind device) {
  ingle::EngineOptions options;
  options.device = device;
  options.threads = 1;
  options.batch_tokens = 8;
  options.context = 32;
  options.cache_bytes = uint64_t{64} << 20;
  const auto engine = ingle::Engine::Load(ingle::MakeMemorySource(bytes), options);
  if (!engine) return;
  const auto tokens = (*engine)->tokenizer().Encode("Hello, wörld\n", {true, true});
  if (!tokens || tokens->empty()) return;
  const auto session = (*engine)->NewSession();
  (void)(*engine)->Prefill(*session, *tokens);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  Exercise(bytes, ingle::DeviceKind::kCpu);
  Exercise(bytes, ingle::DeviceKind::kReference);
  return 0;
}
