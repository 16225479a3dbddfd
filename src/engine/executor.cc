#include "engine/executor.h"

#include "compile/compile.h"
#include "device/cpu/cpu_device.h"
#include "device/reference/reference_device.h"

namespace ingle {

Result<std::unique_ptr<Executor>> MakeExecutor(Graph graph, const ExecutorOptions& options,
                                               WorkerPool& pool) {
  auto executor = std::make_unique<Executor>();
  executor->graph = std::move(graph);
  if (options.device == DeviceKind::kReference) {
    executor->device = MakeReferenceDevice(executor->graph, pool);
    return executor;
  }
  executor->program = Compile(
      executor->graph, {KernelSet(), options.batch_tokens, options.cache_type, options.packed});
  auto made = MakeCpuDevice(*executor->program, pool);
  if (!made) return Fail(made.error());
  executor->device = std::move(*made);
  return executor;
}

}  // namespace ingle
