// Every matrix kernel of this machine, for one token (decode) and for many (prefill), with a matrix
// that a cache holds and, for few tokens, with one that comes from memory.
// Items are multiply-adds; bytes are those of the weights.
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <vector>

#include "base/aligned_memory.h"
#include "kernels/matmul/matmul.h"
#include "kernels/q8_rows.h"

namespace ingle {
namespace {

constexpr size_t kColumns = 2048;
constexpr int64_t kRowsInCache = 1024;
constexpr int64_t kRowsInMemory = 65536;

// The kernels' time does not depend on the values, but for denormals.
AlignedMemory Zeros(size_t bytes) {
  AlignedMemory memory = AllocateAligned(bytes);
  std::memset(memory.get(), 0, bytes);
  return memory;
}

void Run(benchmark::State& state, const MatMulKernel& kernel) {
  const auto tokens = static_cast<size_t>(state.range(0));
  const auto rows = static_cast<size_t>(state.range(1));
  const size_t row_bytes = RowBytes(kernel.weights, kColumns);
  const bool q8 = kernel.input == InputRows::kQ8;
  const size_t input_row_bytes = q8 ? Q8RowBytes(kColumns) : kColumns * sizeof(float);
  const AlignedMemory weights = Zeros(rows * row_bytes);
  const AlignedMemory input = Zeros(tokens * input_row_bytes);
  const AlignedMemory scratch = Zeros(kernel.scratch(kColumns) * sizeof(float));
  std::vector<float> output(tokens * rows);

  MatMulTask task{};
  task.weights = weights.get();
  task.weight_row_bytes = row_bytes;
  task.columns = kColumns;
  task.input = input.get();
  task.input_row_bytes = input_row_bytes;
  task.tokens = tokens;
  task.output = output.data();
  task.output_stride = rows;
  task.row_end = rows;
  task.scratch = reinterpret_cast<float*>(scratch.get());
  for (auto _ : state) {
    kernel.run(task);
    benchmark::ClobberMemory();
  }
  const auto rounds = static_cast<int64_t>(state.iterations());
  state.SetItemsProcessed(rounds * static_cast<int64_t>(rows * kColumns * tokens));
  state.SetBytesProcessed(rounds * static_cast<int64_t>(rows * row_bytes));
}

[[maybe_unused]] const bool registered = [] {
  for (const MatMulKernel& kernel : MatMulKernels()) {
    if ((kernel.needs & ~UsableCpuFeatures()) != 0) continue;
    const std::string name =
        std::string("matmul/") + std::string(Name(kernel.weights)) + "/" + kernel.name;
    benchmark::RegisterBenchmark(name.c_str(),
                                 [&kernel](benchmark::State& state) { Run(state, kernel); })
        ->ArgNames({"tokens", "rows"})
        ->ArgsProduct({{1, 2, 4, 6, 8, 12, 16, 24, 64, 256}, {kRowsInCache}})
        ->ArgsProduct({{1, 2, 3, 4, 8, 9, 16}, {kRowsInMemory}});
  }
  return true;
}();

}  // namespace
}  // namespace ingle
