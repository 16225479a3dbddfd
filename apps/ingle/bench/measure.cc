#include "bench/measure.h"

#include <algorithm>
#include <chrono>

#include "compile/program.h"

namespace ingle {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint32_t kWarmUpSteps = 4;  // of decoding

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// All over the vocabulary, and the same each time.
std::vector<TokenId> ScatteredTokens(uint32_t count, uint32_t vocabulary) {
  constexpr uint32_t kGoldenRatio = 0x9E3779B9;  // of 2^32: Knuth, volume 3, section 6.4
  std::vector<TokenId> tokens(count);
  for (uint32_t i = 0; i < count; ++i) {
    tokens[i] = static_cast<TokenId>(((i + 1) * kGoldenRatio >> 4) % vocabulary);
  }
  return tokens;
}

}  // namespace

Result<EngineTest> EngineTest::Prepare(Engine& engine, const BenchTest& test) {
  EngineTest prepared(engine, test);
  for (uint32_t i = 0; i < test.sequences; ++i) {
    prepared.sessions_.push_back(engine.NewSession());
  }
  Status done = prepared.ToDepth();
  if (done) {
    done = test.kind == BenchTest::Kind::kPrefill
               ? prepared.Prefill(test.tokens)
               : prepared.Decode(std::min(test.tokens, kWarmUpSteps));
  }
  if (!done) return Fail(done.error(), "test ", test.Name());
  return prepared;
}

Result<EngineTest::Times> EngineTest::Run() {
  Status done = ToDepth();
  if (!done) return Fail(done.error());
  Times times;
  const Clock::time_point start = Clock::now();
  const bool prefill = test_.kind == BenchTest::Kind::kPrefill;
  done = prefill ? Prefill(test_.tokens) : Decode(test_.tokens);
  times.seconds = SecondsSince(start);
  if (!done) return Fail(done.error());
  if (prefill) {
    const auto likeliest = std::max_element(logits_.begin(), logits_.end());
    // Used, so that it is computed.
    if (likeliest == logits_.end()) return Fail(ErrorCode::kInternal, "a step without logits");
    times.first_token_seconds = SecondsSince(start);
  }
  return times;
}

// A state that cannot go back leaves a session shorter than it was asked to be.
Status EngineTest::ToDepth() {
  uint32_t known = test_.depth;
  for (const auto& session : sessions_) known = std::min(known, session->Truncate(test_.depth));
  for (const auto& session : sessions_) session->Truncate(known);
  for (const auto& session : sessions_) known = std::min(known, session->length());
  return known == test_.depth ? Status() : Prefill(test_.depth - known);
}

// The prompts of all sequences, one after the other, in steps that are as long as they may be.
Status EngineTest::Prefill(uint32_t tokens) {
  const std::vector<TokenId> prompt = ScatteredTokens(tokens, engine_->model_info().vocabulary);
  const uint32_t longest = engine_->info().batch_tokens;
  std::vector<StepItem> items;
  uint32_t room = longest;
  const auto flush = [&]() -> Status {
    const auto logits = engine_->Step(items);
    if (!logits) return Fail(logits.error());
    logits_ = *logits;
    items.clear();
    room = longest;
    return {};
  };
  for (const auto& session : sessions_) {
    for (uint32_t begin = 0; begin < tokens;) {
      const uint32_t length = std::min(room, tokens - begin);
      const bool last = begin + length == tokens;
      items.push_back({session.get(), std::span(prompt).subspan(begin, length),
                       last ? StepItem::Logits::kLast : StepItem::Logits::kNone});
      begin += length;
      room -= length;
      if (room > 0) continue;
      if (const Status done = flush(); !done) return done;
    }
  }
  return items.empty() ? Status() : flush();
}

Status EngineTest::Decode(uint32_t steps) {
  const std::vector<TokenId> tokens = ScatteredTokens(steps, engine_->model_info().vocabulary);
  std::vector<StepItem> items(sessions_.size());
  for (const TokenId& token : tokens) {
    for (size_t i = 0; i < items.size(); ++i) {
      items[i] = {
          sessions_[i].get(), {&token, 1}, StepItem::Logits::kLast, StepItem::Role::kWritten};
    }
    const auto logits = engine_->Step(items);
    if (!logits) return Fail(logits.error());
    logits_ = *logits;
  }
  return {};
}

int ThreadsUsed(const Engine& engine, const BenchTest& test) {
  const uint64_t of_each = test.kind == BenchTest::Kind::kPrefill ? test.tokens : 1;
  const uint64_t tokens = std::min<uint64_t>(of_each * test.sequences, engine.info().batch_tokens);
  const Tuning& tuning = engine.tuning();
  const int chosen = AreFew(tokens, tokens) ? tuning.few : tuning.many;
  return chosen > 0 ? chosen : engine.info().threads;
}

TestLimit LimitOf(const BenchTest& test, const ModelWork& work, const Limits& limits,
                  uint32_t batch_tokens) {
  const bool prefill = test.kind == BenchTest::Kind::kPrefill;
  const double tokens = static_cast<double>(test.tokens) * test.sequences;
  const double outputs = prefill ? test.sequences : tokens;
  const double steps = prefill ? std::max(1.0, tokens / batch_tokens) : test.tokens;

  const auto products = [&](double Products::*kind) {
    return tokens * (work.per_token.*kind) + outputs * (work.per_output.*kind);
  };
  const double arithmetic =
      2 * products(&Products::quantized) / limits.int8 + 2 * products(&Products::wide) / limits.f32;

  // Prefill reads the cache once a step, decoding for every token.
  const double middle = test.depth + test.tokens / 2.0;
  const double passes = (prefill ? steps : test.tokens) * (prefill ? 1.0 : test.sequences);
  const double bytes = steps * work.StepBytes(tokens / steps) +
                       passes * (work.CacheBytes(middle) + 2 * work.state_bytes);
  const double reading = bytes / limits.read_bytes;
  return {tokens / std::max(arithmetic, reading), reading > arithmetic};
}

}  // namespace ingle
