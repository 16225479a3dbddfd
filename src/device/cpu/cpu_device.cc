#include "device/cpu/cpu_device.h"

#include "base/aligned_memory.h"
#include "device/cpu/steps.h"

namespace ingle {
namespace {

class CpuDevice final : public Device {
 public:
  CpuDevice(const Program& program, WorkerPool& pool, AlignedMemory arena, AlignedMemory own,
            AlignedMemory scratch, size_t scratch_floats)
      : program_(program),
        pool_(pool),
        arena_(std::move(arena)),
        own_(std::move(own)),
        scratch_(std::move(scratch)),
        scratch_floats_(scratch_floats) {}

  Status Execute(const Batch& batch) override {
    const bool few = AreFew(batch.tokens.size(), batch.output_rows.size());
    const std::vector<Step>& steps = few ? program_.few_steps : program_.steps;
    float* shared = reinterpret_cast<float*>(scratch_.get());
    pool_.Run([&](Worker& worker) {
      const auto index = static_cast<size_t>(worker.index());
      std::byte* own = own_.get() + index * program_.own_bytes;
      float* scratch = shared + program_.shared_floats + index * scratch_floats_;
      const StepContext context{program_, batch, arena_.get(), own, scratch, shared, worker};
      for (const Step& step : steps) {
        if (step.barrier_before) worker.Barrier();
        RunStep(step, context);
      }
    });
    return {};
  }

  const CacheLayout& cache() const override { return program_.cache; }

 private:
  const Program& program_;
  WorkerPool& pool_;
  AlignedMemory arena_;
  AlignedMemory own_;
  AlignedMemory scratch_;  // shared by the workers, then each one's own
  size_t scratch_floats_;  // of one worker, whole cache lines
};

}  // namespace

Result<std::unique_ptr<Device>> MakeCpuDevice(const Program& program, WorkerPool& pool) {
  const size_t scratch_floats = (program.scratch_floats + 15) / 16 * 16;
  AlignedMemory arena = AllocateAligned(program.arena_bytes);
  AlignedMemory own = AllocateAligned(program.own_bytes * static_cast<size_t>(pool.size()));
  const size_t floats = program.shared_floats + scratch_floats * static_cast<size_t>(pool.size());
  AlignedMemory scratch = AllocateAligned(floats * sizeof(float));
  if (!arena || !own || !scratch) {
    return Fail(ErrorCode::kOutOfMemory, "no memory for ", program.arena_bytes,
                " bytes of activations; a smaller batch takes less");
  }
  return std::make_unique<CpuDevice>(program, pool, std::move(arena), std::move(own),
                                     std::move(scratch), scratch_floats);
}

}  // namespace ingle
