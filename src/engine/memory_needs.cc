#include "engine/memory_needs.h"

#include <algorithm>
#include <set>

#include "base/checked.h"
#include "base/memory.h"
#include "engine/engine_state.h"
#include "engine/file_pages.h"
#include "engine/model_facts.h"

namespace ingle {
namespace {

// Absurd counts must not look small.
uint64_t Times(uint64_t a, uint64_t b) {
  constexpr uint64_t kMost = uint64_t{1} << 60;
  return std::min(kMost, CheckedMul(a, b).value_or(kMost));
}

// What the model's operations read of its files as they stand.
struct FileReads {
  std::vector<TensorView> whole;
  std::vector<TensorView> tables;  // of which rows are looked up, and nothing else is read
};

FileReads ReadsOf(const Model& model, const std::vector<TensorView>& packed) {
  FileReads reads;
  std::set<const std::byte*> elsewhere, tables;  // data
  for (const TensorView& matrix : packed) elsewhere.insert(matrix.data);
  const auto read = [&](const TensorView& tensor) {
    if (elsewhere.insert(tensor.data).second) reads.whole.push_back(tensor);
  };
  std::vector<TensorView> looked_up;
  for (const Graph* graph : GraphsOf(model)) {
    for (const Node& node : graph->nodes()) {
      for (const NodeId input : node.inputs) {
        if (graph->node(input).op != Op::kWeight) continue;
        const WeightAttributes& weight = WeightOf(graph->node(input));
        if (node.op == Op::kEmbed) {
          if (tables.insert(weight.view.data).second) looked_up.push_back(weight.view);
        } else {
          read(weight.view);
          for (const TensorView& expert : weight.experts) read(expert);
        }
      }
    }
  }
  for (const TensorView& table : looked_up) {
    const bool whole = std::any_of(reads.whole.begin(), reads.whole.end(),
                                   [&](const TensorView& t) { return t.data == table.data; });
    if (!whole) reads.tables.push_back(table);
  }
  return reads;
}

}  // namespace

StepSizes Engine::State::SizesFor(uint32_t context, uint32_t sequences) const {
  // A text that cannot be cut has to fit a step; several short ones may share it.
  const uint32_t whole = std::max(batch_tokens_wanted, context);
  // More tokens than all sequences can hold no step has.
  const uint64_t held = std::max<uint64_t>(Times(context, sequences), 1);
  const auto cut = static_cast<uint32_t>(std::clamp<uint64_t>(batch_tokens_wanted, 1, held));
  return {model.shape.whole_text ? whole : cut, whole};
}

uint64_t Engine::State::DeviceBytes(uint32_t context, uint32_t sequences) const {
  const int workers = pool->size();
  const auto bytes = [&](const Executor& executor, uint32_t tokens) {
    ExecutorOptions options = executor.options;
    if (options.batch_tokens == tokens) return executor.DeviceBytes(workers, sequences);
    options.batch_tokens = tokens;
    return PlanExecutor(executor.graph, options)->DeviceBytes(workers, sequences);
  };
  const StepSizes sizes = SizesFor(context, sequences);
  return bytes(*answers, sizes.batch_tokens) + (encoder ? bytes(*encoder, sizes.source_tokens) : 0);
}

// rows: looked up in each table.
uint64_t Engine::State::FileBytes(const std::vector<TensorView>& matrices, uint64_t rows) const {
  FilePages pages(checkpoint->Sources());
  const FileReads reads = ReadsOf(model, matrices);
  for (const TensorView& tensor : reads.whole) pages.Read(tensor);
  for (const TensorView& table : reads.tables) pages.LookUp(table, rows);
  return pages.bytes();
}

std::vector<TensorView> Engine::State::FindTables() const {
  const FilePages pages(checkpoint->Sources());
  std::vector<TensorView> found = ReadsOf(model, PanelMatrices()).tables;
  std::erase_if(found, [&](const TensorView& table) { return !pages.IsMapped(table); });
  return found;
}

MemoryNeeds Engine::State::Needs(uint32_t context, uint32_t sequences) const {
  MemoryNeeds needs;
  needs.context = context;
  needs.sequences = sequences;
  const std::vector<TensorView> matrices = PanelMatrices();
  for (const TensorView& matrix : matrices) needs.weights += PackedBytes(matrix);
  constexpr uint32_t kRowsKept = kRowsBeforeGivingBack / 2;  // on average
  needs.file = FileBytes(matrices, Times(std::min(context, kRowsKept), sequences));
  for (const KvCache* pages : {cache.get(), source_cache.get()}) {
    if (pages == nullptr) continue;
    needs.cache += Times(Times(pages->PagesFor(context), pages->layout().page_bytes), sequences);
  }
  needs.states = Times(2 * cache_layout().state_bytes, sequences);
  needs.activations =
      DeviceBytes(context, sequences) + Times(sequences, answers->columns() * sizeof(float));
  needs.process = process_bytes;
  return needs;
}

uint32_t Engine::State::LongestContext(uint64_t memory, uint32_t sequences, uint32_t most) const {
  const uint32_t unit = cache_layout().page_tokens;
  const auto context = [&](uint32_t pages) {
    return static_cast<uint32_t>(std::min<uint64_t>(uint64_t{pages} * unit, most));
  };
  uint32_t fits = 0;  // pages
  uint32_t beyond = most / unit + (most % unit > 0 ? 1 : 0) + 1;
  while (beyond - fits > 1) {
    const uint32_t middle = fits + (beyond - fits) / 2;
    (Needs(context(middle), sequences).added() <= memory ? fits : beyond) = middle;
  }
  return context(fits);
}

Status Engine::State::FitMemory(const EngineOptions& options) {
  for (const ByteSource* file : checkpoint->Sources()) file->Forget();
  // What is laid out takes the place of what was made for it; until then that counts as taken.
  uint64_t made = 0;
  for (const auto& [data, bytes] : made_bytes) made += bytes;
  process_bytes = ResidentMemory();
  process_bytes -= std::min(process_bytes, made);
  if (!options.memory_limit) return {};
  // What there is was not asked before: by now the files are mapped, which RLIMIT_AS counts.
  const uint64_t limit = *options.memory_limit == kAvailableMemory
                             ? AvailableMemory().value_or(kAvailableMemory)
                             : *options.memory_limit;
  const MemoryNeeds needs = Needs(info.context, options.sequences);
  if (needs.added() <= limit) return {};
  const uint32_t longest = LongestContext(limit, options.sequences, info.context);
  if (longest == 0) {
    const MemoryNeeds least = Needs(1, options.sequences);
    return Fail(ErrorCode::kOutOfMemory, "the model takes ", least.added(),
                " bytes of memory with the shortest context, and ", limit, " are available");
  }
  if (!options.fit_context) {
    return Fail(ErrorCode::kOutOfMemory, "the model takes ", needs.added(),
                " bytes of memory with a context of ", info.context, " tokens, and ", limit,
                " are available; a context of ", longest, " fits");
  }
  info.context = longest;
  PlanExecutors();
  return {};
}

MemoryNeeds Engine::Needs(uint32_t context, uint32_t sequences) const {
  return state_->Needs(std::max(context, 1u), sequences);
}

uint32_t Engine::LongestContext(uint64_t memory, uint32_t sequences, uint32_t most) const {
  return state_->LongestContext(memory, sequences, most);
}

}  // namespace ingle
