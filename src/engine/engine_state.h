// The parts of an engine, for the files that implement it.
#pragma once

#include "base/worker_pool.h"
#include "compile/program.h"
#include "device/device.h"
#include "engine/engine.h"
#include "engine/kv_cache.h"
#include "engine/opened_model.h"
#include "engine/step_plan.h"
#include "models/architecture.h"

namespace ingle {

// In the order in which one leans on the other.
struct Engine::State {
  std::string name;  // what messages call the model
  std::unique_ptr<Checkpoint> checkpoint;
  Model model;
  std::unique_ptr<Tokenizer> tokenizer;
  std::optional<ChatTemplate> chat_template;
  std::optional<Error> template_error;
  ModelInfo model_info;
  EngineInfo info;
  uint32_t batch_tokens = 0;
  uint32_t long_context = 0;  // sequences beyond it turn at LongRoPE's other frequencies; 0: none

  std::unique_ptr<WorkerPool> pool;
  std::optional<Program> program;
  std::unique_ptr<Device> device;
  std::unique_ptr<KvCache> cache;
  std::vector<float> logits;  // of the latest step

  Status BuildModel(OpenedModel source);
  Status TakeTokenizer(OpenedModel& source);
  Status MakeDevice(const EngineOptions& options);
  Status CheckLogits(std::span<const float> row) const;
  Status PrepareSession(Session& session, SequenceSlice& slice);
  Status Execute(std::span<const StepItem> items, StepPlan& plan);
  // What a saved session is held against.
  std::string Identity() const;
};

}  // namespace ingle
