// divergence MODEL TEXT [CHUNKS]
//
// What arithmetic costs: how far a model's next-token probabilities on the CPU device are from
// those of the reference device, and with smaller caches from those with a cache in F32, over the
// second half of each chunk of 512 tokens.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "logit_differences.h"

namespace ingle {
namespace {

constexpr size_t kChunk = 512;

std::unique_ptr<Engine> Load(const char* path, DeviceKind device, DType cache) {
  EngineOptions options;
  options.device = device;
  options.context = kChunk;
  options.cache_type = cache;
  auto engine = Engine::Load(path, options);
  if (engine) return *std::move(engine);
  std::fprintf(stderr, "divergence: %s\n", engine.error().message().c_str());
  std::exit(1);
}

void Report(const std::string& name, std::vector<LogitDifference>& differences) {
  double divergence = 0;
  double surprise = 0;
  double same = 0;
  for (const LogitDifference& difference : differences) {
    divergence += difference.divergence;
    surprise += difference.surprise;
    same += difference.same_choice ? 1 : 0;
  }
  const auto count = static_cast<double>(differences.size());
  const size_t rare = differences.size() * 99 / 100;
  std::nth_element(differences.begin(), differences.begin() + static_cast<ptrdiff_t>(rare),
                   differences.end(), [](const LogitDifference& a, const LogitDifference& b) {
                     return a.divergence < b.divergence;
                   });
  std::printf("| %s | %.6f | %.5f | %.2f%% | %+.3f%% |\n", name.c_str(), divergence / count,
              differences[rare].divergence, 100 * same / count,
              100 * (std::exp(surprise / count) - 1));
  std::fflush(stdout);
}

void CompareText(Engine& want, Engine& got, std::span<const TokenId> tokens,
                 const std::string& name) {
  std::vector<LogitDifference> differences;
  for (size_t at = 0; at + kChunk <= tokens.size(); at += kChunk) {
    const Status compared =
        CompareEngines(want, got, tokens.subspan(at, kChunk), kChunk / 2, differences);
    if (!compared) {
      std::fprintf(stderr, "divergence: %s\n", compared.error().message().c_str());
      std::exit(1);
    }
  }
  Report(name, differences);
}

int Run(const char* model, const char* file, size_t chunks) {
  std::ifstream in(file, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto plain = Load(model, DeviceKind::kCpu, DType::kF32);
  auto tokens = plain->tokenizer().Encode(text);
  if (!tokens || tokens->size() < kChunk) {
    std::fprintf(stderr, "divergence: %s has no chunk of %zu tokens\n", file, kChunk);
    return 1;
  }
  tokens->resize(std::min(chunks, tokens->size() / kChunk) * kChunk);
  std::printf("| | mean divergence | 99th percentile | same choice | perplexity |\n");
  std::printf("|---|--:|--:|--:|--:|\n");
  const auto reference = Load(model, DeviceKind::kReference, DType::kF32);
  CompareText(*reference, *plain, *tokens, plain->info().device);
  for (const DType type : {DType::kF16, DType::kQ8_0, DType::kQ4_0}) {
    const auto got = Load(model, DeviceKind::kCpu, type);
    CompareText(*plain, *got, *tokens, "cache " + std::string(Name(type)));
  }
  return 0;
}

}  // namespace
}  // namespace ingle

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: divergence MODEL TEXT [CHUNKS]\n");
    return 2;
  }
  const long chunks = argc > 3 ? std::strtol(argv[3], nullptr, 10) : 40;
  return ingle::Run(argv[1], argv[2], chunks > 0 ? static_cast<size_t>(chunks) : 1);
}
