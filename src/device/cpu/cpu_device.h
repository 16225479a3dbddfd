// Walks a Program with all worker threads at once.
#pragma once

#include <memory>

#include "base/worker_pool.h"
#include "compile/program.h"
#include "device/device.h"

namespace ingle {

// program and pool must outlive the device. Fails with kOutOfMemory.
Result<std::unique_ptr<Device>> MakeCpuDevice(const Program& program, WorkerPool& pool);

// Bytes of memory that it takes with so many workers, and so many written tokens in a step: pages
// of the arena that no token needs are not written to, and so take no memory.
uint64_t CpuDeviceBytes(const Program& program, int workers, uint64_t written);

}  // namespace ingle
