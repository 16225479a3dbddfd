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

struct Executor {
  Graph graph;
  std::optional<Program> program;  // not on the reference device
  std::unique_ptr<Device> device;  // of graph or program: an executor stays where it is

  // Columns of an answer's row.
  uint64_t columns() const { return graph.node(graph.output()).type.columns; }
};

struct ExecutorOptions {
  DeviceKind device;
  uint32_t batch_tokens;
  DType cache_type;                       // of kCpu
  const PackedWeights* packed = nullptr;  // of kCpu: has the matrices that kernels want packed;
                                          // must outlive the executor
};

// The pool must outlive it. Fails with kOutOfMemory.
Result<std::unique_ptr<Executor>> MakeExecutor(Graph graph, const ExecutorOptions& options,
                                               WorkerPool& pool);

}  // namespace ingle
