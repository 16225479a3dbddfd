// Every matrix kernel of this machine, for one token (decode) and for many (prefill).
// Items are multiply-adds; bytes are those of the weights.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "kernels/matmul/matmul.h"
#include "kernels/q8_rows.h"

namespace ingle {
namespace {

constexpr size_t kRows = 1024;
constexpr size_t kColumns = 2048;

void Run(benchmark::State& state, const MatMulKernel& kernel) {
  const auto tokens = static_cast<size_t>(state.range(0));
  const size_t row_bytes = RowBytes(kernel.weights, kColumns);
  const bool q8 = kernel.input == InputRows::kQ8;
  const size_t input_row_bytes = q8 ? Q8RowBytes(kColumns) : kColumns * sizeof(float);
  // Zeros: the kernels' time does not depend on the values.
  const std::vector<std::byte> weights(kRows * row_bytes);
  const std::vector<std::byte> input(tokens * input_row_bytes);
  std::vector<float> output(tokens * kRows);
  std::vector<float> scratch(kernel.scratch(kColumns));

  MatMulTask task{};
  task.weights = weights.data();
  task.weight_row_bytes = row_bytes;
  task.columns = kColumns;
  task.input = input.data();
  task.input_row_bytes = input_row_bytes;
  task.tokens = tokens;
  task.output = output.data();
  task.output_stride = kRows;
  task.row_end = kRows;
  task.scratch = scratch.data();
  for (auto _ : state) {
    kernel.run(task);
    benchmark::ClobberMemory();
  }
  const auto rounds = static_cast<int64_t>(state.iterations());
  state.SetItemsProcessed(rounds * static_cast<int64_t>(kRows * kColumns * tokens));
  state.SetBytesProcessed(rounds * static_cast<int64_t>(kRows * row_bytes));
}

[[maybe_unused]] const bool registered = [] {
  for (const MatMulKernel& kernel : MatMulKernels()) {
    if ((kernel.needs & ~UsableCpuFeatures()) != 0) continue;
    const std::string name =
        std::string("matmul/") + std::string(Name(kernel.weights)) + "/" + kernel.name;
    benchmark::RegisterBenchmark(name.c_str(),
                                 [&kernel](benchmark::State& state) { Run(state, kernel); })
        ->Arg(1)
        ->Arg(2)
        ->Arg(4)
        ->Arg(6)
        ->Arg(8)
        ->Arg(12)
        ->Arg(16)
        ->Arg(24)
        ->Arg(64)
        ->Arg(256);
  }
  return true;
}();

}  // namespace
}  // namespace ingle
