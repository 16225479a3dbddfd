// Executes a model's graph as it stands: node by node, in f32, with the plainest code there is. It
// defines what a graph means; everything faster is tested against it.
#pragma once

#include <memory>

#include "base/worker_pool.h"
#include "device/device.h"
#include "graph/graph.h"

namespace ingle {

// graph and pool must outlive the device. The cache it wants is f32. The pool only shares out rows
// of products and queries: every number is computed by one worker, in one order.
std::unique_ptr<Device> MakeReferenceDevice(const Graph& graph, WorkerPool& pool);

// Bytes of memory that a step of so many tokens takes of it, about.
uint64_t ReferenceDeviceBytes(const Graph& graph, uint32_t tokens);

}  // namespace ingle
