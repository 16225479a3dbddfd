// Our own side of a benchmark.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "bench/figure.h"
#include "bench/machine.h"
#include "bench/model_work.h"
#include "engine/engine.h"

namespace ingle {

// One test on a loaded model, whose threads it uses. The tokens are arbitrary: what a model makes
// of them takes the time that any text takes.
class EngineTest {
 public:
  // Computes what stands before the depth, and a part of the test itself, to warm up.
  static Result<EngineTest> Prepare(Engine& engine, const BenchTest& test);

  struct Times {
    double seconds = 0;
    double first_token_seconds = 0;  // of prefill: with drawing the likeliest token
  };
  Result<Times> Run();

 private:
  EngineTest(Engine& engine, const BenchTest& test) : engine_(&engine), test_(test) {}

  Status ToDepth();
  Status Prefill(uint32_t tokens);
  Status Decode(uint32_t steps);

  Engine* engine_;
  BenchTest test_;
  std::vector<std::unique_ptr<Session>> sessions_;
  std::span<const float> logits_;  // of the latest step
};

// How many of the engine's threads compute a step of the test.
int ThreadsUsed(const Engine& engine, const BenchTest& test);

// The tokens per second that these limits allow, and what sets them.
struct TestLimit {
  double tokens_per_second = 0;
  bool memory_bound = false;
};
TestLimit LimitOf(const BenchTest& test, const ModelWork& work, const Limits& limits,
                  uint32_t batch_tokens);

}  // namespace ingle
