// decode_steps FOLDER TYPE STEPS: decodes tokens with a small random model on one thread, for
// check_counts.py to count what a step takes.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "bench/random_model.h"
#include "engine/engine.h"

namespace ingle {
namespace {

// All the kinds of steps that a layer has, and large enough for the products to matter.
constexpr StandardShape kShape = {.name = "counted",
                                  .architecture = "llama",
                                  .layers = 2,
                                  .width = 256,
                                  .feed_forward = 768,
                                  .heads = 4,
                                  .kv_heads = 2,
                                  .head_size = 64,
                                  .vocabulary = 1024,
                                  .context = 128,
                                  .rope_base = 10'000,
                                  .epsilon = 1e-5f,
                                  .tied = true};

Status Decode(const std::string& path, int steps) {
  const auto engine = Engine::Load(path, {.threads = 1});
  if (!engine) return Fail(engine.error());
  const auto session = (*engine)->NewSession();
  for (TokenId token = 0; token < steps; ++token) {
    const StepItem item{
        session.get(), {&token, 1}, StepItem::Logits::kLast, StepItem::Role::kWritten};
    const auto logits = (*engine)->Step({&item, 1});
    if (!logits) return Fail(logits.error());
  }
  return {};
}

Status Main(const std::string& folder, const std::string& type, int steps) {
  const QuantizationMix* mix = FindQuantizationMix(type);
  if (mix == nullptr) return Fail(ErrorCode::kInvalidArgument, "no type ", Quote(type));
  const std::string path = Cat(folder, "/", type, ".gguf");
  if (!std::filesystem::exists(path)) {
    const Status written = WriteRandomModel(kShape, *mix, path);
    if (!written) return written;
  }
  return Decode(path, steps);
}

}  // namespace
}  // namespace ingle

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const ingle::Status done = ingle::Main(argv[1], argv[2], std::atoi(argv[3]));
  if (done) return 0;
  std::fprintf(stderr, "decode_steps: %s\n", done.error().message().c_str());
  return 1;
}
