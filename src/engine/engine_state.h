// The parts of an engine, for the files that implement it.
#pragma once

#include <map>

#include "base/worker_pool.h"
#include "engine/engine.h"
#include "engine/executor.h"
#include "engine/kv_cache.h"
#include "engine/opened_model.h"
#include "engine/panel_file.h"
#include "engine/step_plan.h"
#include "models/architecture.h"

namespace ingle {

// A hash of the beginning of each weight.
uint64_t SampleWeights(const Graph& graph);

// How many tokens a step has at most.
struct StepSizes {
  uint32_t batch_tokens;
  uint32_t source_tokens;  // of an encoder–decoder's encoder
};

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
  DeviceKind device_kind = DeviceKind::kCpu;
  uint32_t long_context = 0;  // sequences beyond it turn at LongRoPE's other frequencies; 0: none

  std::unique_ptr<WorkerPool> pool;
  Tuning tuning;
  Panels panels;  // of all graphs; on the CPU
  bool only_looks = false;
  // In mapped files; what a step looks up there is given back now and then: the system maps far
  // more than a row, and an embedding whose panels make the logits would be there twice.
  std::vector<TensorView> tables;
  uint32_t batch_tokens_wanted = 0;       // that the caller asked for
  uint32_t sequences_wanted = 1;          // that a step is to have room for
  uint64_t process_bytes = 0;             // resident when nothing large was taken yet
  std::optional<uint64_t> weight_sample;  // taken before any of them is given back
  // Of matrices that were made of what files hold, and are read no more once they are laid out.
  std::map<const std::byte*, uint64_t> made_bytes;
  std::unique_ptr<Executor> answers;
  std::unique_ptr<Executor> states;  // made when states are first asked for
  std::unique_ptr<KvCache> cache;    // for both: what a session remembers does not depend on which
  std::vector<float> answer;         // of the latest step

  // Of an encoder–decoder, what reads sources and what is remembered of them; else null.
  std::unique_ptr<Executor> encoder;
  std::unique_ptr<KvCache> source_cache;

  Status BuildModel(OpenedModel source);
  Status TakeTokenizer(OpenedModel& source);
  Status MakeExecutors(const EngineOptions& options);
  Status ChooseContext(const EngineOptions& options);
  void PlanExecutors();
  void DescribeExecutors();
  std::vector<TensorView> PanelMatrices() const;
  Status LayOutWeights(const EngineOptions& options);
  // memory_needs.cc
  StepSizes SizesFor(uint32_t context, uint32_t sequences) const;
  uint64_t DeviceBytes(uint32_t context, uint32_t sequences) const;
  uint64_t FileBytes(const std::vector<TensorView>& matrices, uint64_t rows) const;
  MemoryNeeds Needs(uint32_t context, uint32_t sequences) const;
  uint32_t LongestContext(uint64_t memory, uint32_t sequences, uint32_t most) const;
  Status FitMemory(const EngineOptions& options);
  std::vector<TensorView> FindTables() const;
  Result<Executor*> StatesExecutor();
  const CacheLayout& cache_layout() const { return answers->cache; }
  StepLimits Limits(const Executor& executor) const;
  Status CheckAnswer(std::span<const float> row) const;
  Status PrepareSession(Session& session, SequenceSlice& slice);
  Status Execute(Executor& executor, std::span<const StepItem> items, StepPlan& plan);
  Status Compute(Executor& executor, const StepPlan& plan);
  Status PrepareSource(Session& session, SequenceSlice& slice);
  Status Read(std::span<const StepItem> items, StepPlan& plan);
  // What a saved session is held against.
  std::string Identity() const;
};

}  // namespace ingle
