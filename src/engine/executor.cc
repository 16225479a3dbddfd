#include "engine/executor.h"

#include "compile/compile.h"
#include "device/cpu/cpu_device.h"
#include "device/reference/reference_device.h"

namespace ingle {

std::unique_ptr<Executor> PlanExecutor(Graph graph, const ExecutorOptions& options) {
  auto executor = std::make_unique<Executor>();
  executor->options = options;
  executor->graph = std::move(graph);
  if (options.device == DeviceKind::kReference) {
    executor->cache = PlanCache(executor->graph, DType::kF32);
  } else {
    executor->program =
        Compile(executor->graph, {KernelSet(), options.batch_tokens, options.cache_type});
    executor->cache = executor->program->cache;
  }
  return executor;
}

uint64_t Executor::DeviceBytes(int workers, uint64_t written) const {
  return program ? CpuDeviceBytes(*program, workers, written)
                 : ReferenceDeviceBytes(graph, options.batch_tokens);
}

Status Executor::Start(const PackedWeights& packed, WorkerPool& pool,
                       const std::vector<TensorView>& tables) {
  if (!program) {
    device = MakeReferenceDevice(graph, pool);
    return {};
  }
  UsePanels(*program, packed);
  GiveBackRowsOf(*program, tables);
  auto made = MakeCpuDevice(*program, pool);
  if (!made) return Fail(made.error());
  device = std::move(*made);
  return {};
}

}  // namespace ingle
