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

#include "engine/engine.h"

namespace ingle {
namespace {

constexpr size_t kChunk = 512;
constexpr size_t kRows = 64;  // of logits at a time

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

struct Difference {
  double divergence = 0;  // Kullback-Leibler, in nats
  double surprise = 0;    // how much less likely the text's next token is, in nats
  bool same_choice = false;
};

double LogOfSum(std::span<const float> logits, float best) {
  double sum = 0;
  for (const float logit : logits) sum += std::exp(double{logit} - best);
  return best + std::log(sum);
}

Difference Compare(std::span<const float> want, std::span<const float> got, TokenId next) {
  const auto best = std::max_element(want.begin(), want.end());
  const auto got_best = std::max_element(got.begin(), got.end());
  const double want_sum = LogOfSum(want, *best);
  const double got_sum = LogOfSum(got, *got_best);
  Difference difference;
  for (size_t i = 0; i < want.size(); ++i) {
    const double log_p = want[i] - want_sum;
    difference.divergence += std::exp(log_p) * (log_p - (got[i] - got_sum));
  }
  const auto token = static_cast<size_t>(next);
  difference.surprise = (want[token] - want_sum) - (got[token] - got_sum);
  difference.same_choice = best - want.begin() == got_best - got.begin();
  return difference;
}

std::span<const float> Require(const Result<std::span<const float>>& logits) {
  if (logits) return *logits;
  std::fprintf(stderr, "divergence: %s\n", logits.error().message().c_str());
  std::exit(1);
}

// The differences of one chunk's second half.
void CompareChunk(Engine& want, Engine& got, std::span<const TokenId> chunk,
                  std::vector<Difference>& differences) {
  const auto a = want.NewSession();
  const auto b = got.NewSession();
  const size_t columns = want.model_info().answer_columns;
  Require(want.Prefill(*a, chunk.first(kChunk / 2)));
  Require(got.Prefill(*b, chunk.first(kChunk / 2)));
  for (size_t at = kChunk / 2; at + kRows <= kChunk; at += kRows) {
    const auto part = chunk.subspan(at, kRows);
    const StepItem wanted{a.get(), part, StepItem::Logits::kAll};
    const StepItem item{b.get(), part, StepItem::Logits::kAll};
    const auto p = Require(want.Step({&wanted, 1}));
    const auto q = Require(got.Step({&item, 1}));
    for (size_t row = 0; row < kRows && at + row + 1 < kChunk; ++row) {
      differences.push_back(Compare(p.subspan(row * columns, columns),
                                    q.subspan(row * columns, columns), chunk[at + row + 1]));
    }
  }
}

void Report(const std::string& name, std::vector<Difference>& differences) {
  double divergence = 0;
  double surprise = 0;
  double same = 0;
  for (const Difference& difference : differences) {
    divergence += difference.divergence;
    surprise += difference.surprise;
    same += difference.same_choice ? 1 : 0;
  }
  const auto count = static_cast<double>(differences.size());
  const size_t rare = differences.size() * 99 / 100;
  std::nth_element(
      differences.begin(), differences.begin() + static_cast<ptrdiff_t>(rare), differences.end(),
      [](const Difference& a, const Difference& b) { return a.divergence < b.divergence; });
  std::printf("| %s | %.6f | %.5f | %.2f%% | %+.3f%% |\n", name.c_str(), divergence / count,
              differences[rare].divergence, 100 * same / count,
              100 * (std::exp(surprise / count) - 1));
  std::fflush(stdout);
}

void CompareText(Engine& want, Engine& got, std::span<const TokenId> tokens,
                 const std::string& name) {
  std::vector<Difference> differences;
  for (size_t at = 0; at + kChunk <= tokens.size(); at += kChunk) {
    CompareChunk(want, got, tokens.subspan(at, kChunk), differences);
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
