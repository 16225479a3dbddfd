#include "device/cpu/cpu_device.h"

#include <algorithm>
#include <span>

#include "base/aligned_memory.h"
#include "device/cpu/chain_parts.h"
#include "device/cpu/steps.h"

namespace ingle {
namespace {

// Of one worker, whole cache lines.
size_t ScratchFloats(const Program& program) { return (program.scratch_floats + 15) / 16 * 16; }

size_t OwnBytes(const Program& program, int workers) {
  return program.own_bytes * static_cast<size_t>(workers);
}

// Shared by the workers, then each one's own.
size_t ScratchBytes(const Program& program, int workers) {
  const size_t own = ScratchFloats(program) * static_cast<size_t>(workers);
  return (program.shared_floats + own) * sizeof(float);
}

// This worker's parts of a chain.
void RunChain(std::span<const Step> chain, StepContext context) {
  Worker& worker = context.worker;
  const auto run = [&](const WorkPart& part) {
    context.part = part;
    for (std::span<const Step> left = chain; !left.empty();) left = RunNext(left, context);
  };
  const ChainParts parts(chain.front().chain_bytes, worker.count());
  if (parts.one_each()) return run(worker.part());
  for (int i = worker.Take(); i < parts.count(); i = worker.Take()) run(parts.At(i));
}

void RunSteps(std::span<const Step> steps, const StepContext& context) {
  while (!steps.empty()) {
    const Step& step = steps.front();
    if (step.barrier_before) context.worker.Barrier();
    if (step.chain > 0) {
      RunChain(steps.first(step.chain), context);
      steps = steps.subspan(step.chain);
    } else {
      steps = RunNext(steps, context);
    }
  }
}

class CpuDevice final : public Device {
 public:
  CpuDevice(const Program& program, WorkerPool& pool, AlignedMemory arena, AlignedMemory own,
            AlignedMemory scratch)
      : program_(program),
        pool_(pool),
        arena_(std::move(arena)),
        own_(std::move(own)),
        scratch_(std::move(scratch)) {}

  Status Execute(const Batch& batch) override {
    const bool few = AreFew(batch.tokens.size(), batch.output_rows.size());
    const std::vector<Step>& steps = few ? program_.few_steps : program_.steps;
    float* shared = reinterpret_cast<float*>(scratch_.get());
    pool_.Run(
        [&](Worker& worker) {
          const auto index = static_cast<size_t>(worker.index());
          std::byte* own = own_.get() + index * program_.own_bytes;
          float* scratch = shared + program_.shared_floats + index * ScratchFloats(program_);
          RunSteps(steps,
                   {program_, batch, arena_.get(), own, scratch, shared, worker, worker.part()});
        },
        batch.workers);
    return {};
  }

  const CacheLayout& cache() const override { return program_.cache; }

 private:
  const Program& program_;
  WorkerPool& pool_;
  AlignedMemory arena_;
  AlignedMemory own_;
  AlignedMemory scratch_;  // shared by the workers, then each one's own
};

}  // namespace

Result<std::unique_ptr<Device>> MakeCpuDevice(const Program& program, WorkerPool& pool) {
  AlignedMemory arena = AllocateAligned(program.arena_bytes);
  AlignedMemory own = AllocateAligned(OwnBytes(program, pool.size()));
  AlignedMemory scratch = AllocateAligned(ScratchBytes(program, pool.size()));
  if (!arena || !own || !scratch) {
    return Fail(ErrorCode::kOutOfMemory, "no memory for ", program.arena_bytes,
                " bytes of activations; a smaller batch takes less");
  }
  return std::make_unique<CpuDevice>(program, pool, std::move(arena), std::move(own),
                                     std::move(scratch));
}

uint64_t CpuDeviceBytes(const Program& program, int workers, uint64_t written) {
  const uint64_t of_written = (program.arena_bytes - program.prompt_bytes) *
                              std::min<uint64_t>(written, program.max_tokens) / program.max_tokens;
  return program.prompt_bytes + of_written + OwnBytes(program, workers) +
         ScratchBytes(program, workers);
}

}  // namespace ingle
