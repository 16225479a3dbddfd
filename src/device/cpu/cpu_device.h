// Walks a Program with all worker threads at once.
#pragma once

#include <memory>

#include "base/worker_pool.h"
#include "compile/program.h"
#include "device/device.h"

namespace ingle {

// program and pool must outlive the device. Fails with kOutOfMemory.
Result<std::unique_ptr<Device>> MakeCpuDevice(const Program& program, WorkerPool& pool);

// Bytes of memory that it takes with so many workers. What only written tokens need of the arena is
// left out: they are few in a step, and pages that nothing is written to take no memory.
uint64_t CpuDeviceBytes(const Program& program, int workers);

}  // namespace ingle
