// A graph made ready to run on a device.
#pragma once

#include <memory>
#include <optional>

#include "base/worker_pool.h"
#include "compile/packed_weights.h"
#include "compile/program.h"
#include "device/device.h"
#include "engine/engine.h"
#include "graph/graph.h"

namespace ingle {

struct ExecutorOptions {
  DeviceKind device;
  uint32_t batch_tokens;
  DType cache_type;  // of kCpu; the reference has kF32
};

struct Executor {
  ExecutorOptions options;
  Graph graph;
  std::optional<Program> program;  // not on the reference device
  CacheLayout cache;
  std::unique_ptr<Device> device;  // of graph or program: an executor stays where it is

  // Columns of an answer's row.
  uint64_t columns() const { return graph.node(graph.output()).type.columns; }

  // Memory that the device takes with so many workers.
  uint64_t DeviceBytes(int workers, uint64_t written) const;

  // Makes the device. packed: of kCpu, has the matrices that kernels want packed; both must outlive
  // the executor. tables: Step::gives_back. Fails with kOutOfMemory.
  Status Start(const PackedWeights& packed, WorkerPool& pool,
               const std::vector<TensorView>& tables = {});
};

// All but its device: what it will take is known, nothing large is done.
std::unique_ptr<Executor> PlanExecutor(Graph graph, const ExecutorOptions& options);

}  // namespace ingle
