// One product of matrices in panels, computed by every kernel that there is for its type of
// weights: all of them, alone or in a batch, whole or in parts, must give the definition's bits.
// The fuzzer chooses the shape, how memory lies, and every byte of weights and activations,
// infinities among them. Where kernels take activations in tiles as well, all of those must agree
// with each other, in the same way.
//
// Activations pass every quantizer first, which must agree in the same way.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "kernel_fuzzing.h"
#include "kernels/bf16_tiles.h"
#include "kernels/emulated_testing.h"
#include "kernels/matmul/matmul.h"
#include "kernels/matmul/scalar.h"
#include "kernels/pack/pack.h"
#include "kernels/q8_rows.h"
#include "kernels/quantize_q8/quantize_q8.h"
#include "kernels/round_bf16/round_bf16.h"

namespace ingle {
namespace {

struct Problem {
  DType type;
  size_t rows, columns, tokens;
  bool bias, residual;
  size_t split;  // a panel: rows before it and from it on are two tasks
  Placed<std::byte> panels{0, {}};
  Placed<std::byte> input{0, {}};
  std::vector<std::byte> tiles;
  Placed<float> added{0, {}};
  size_t output_offset;

  size_t input_row_bytes() const { return Q8RowBytes(columns) + 4; }
};

std::vector<DType> TypesWithPanels() {
  std::vector<DType> types;
  for (const MatMulKernel& kernel : MatMulKernels()) {
    if (kernel.layout != WeightLayout::kPanels) continue;
    if (std::find(types.begin(), types.end(), kernel.weights) == types.end()) {
      types.push_back(kernel.weights);
    }
  }
  return types;
}

void CheckSame(const std::vector<float>& a, const std::vector<float>& b) {
  Check(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) Check(SameBits(a[i], b[i]));
}

void CheckSameRow(const std::byte* a, const std::byte* b, size_t columns) {
  Check(std::memcmp(a, b, Q8SumOffset(columns)) == 0);
  const size_t blocks = (columns + kQ8Block - 1) / kQ8Block;
  const size_t end = Q8UnitOffset(columns) + blocks * sizeof(float);
  for (size_t at = Q8SumOffset(columns); at < end; at += sizeof(float)) {
    float of[2];
    std::memcpy(&of[0], a + at, sizeof(float));
    std::memcpy(&of[1], b + at, sizeof(float));
    Check(SameBits(of[0], of[1]));
  }
}

// By the definition, after all others have been held against it.
void Quantize(const Placed<float>& x, size_t offset, std::byte* to) {
  const auto kernels = QuantizeQ8Kernels();
  kernels.back().run({x.data(), to, x.size()});
  const std::vector<std::byte> room(Q8RowBytes(x.size()));
  for (const QuantizeQ8Kernel& kernel : kernels) {
    if (!CanRun(kernel.needs)) continue;
    Placed<std::byte> other(offset, room);
    kernel.run({x.data(), other.data(), x.size()});
    Check(other.intact());
    CheckSameRow(other.data(), to, x.size());
  }
}

Problem MakeProblem(FuzzedBytes& bytes) {
  static const std::vector<DType> types = TypesWithPanels();
  Problem p{};
  if (types.empty()) return p;
  p.type = types[bytes.Number(types.size())];
  const size_t block = Info(p.type).block_elements;
  // As many as take a kernel through each of its ways, and no more: some are emulated.
  p.rows = 1 + bytes.Number(40);
  p.columns = block * (1 + bytes.Number(block == 256 ? 2 : 18));
  p.tokens = 1 + bytes.Number(40);
  p.bias = bytes.Number(2) == 1;
  p.residual = bytes.Number(2) == 1;
  p.split = bytes.Number((p.rows + 15) / 16 + 1);
  const auto offset = [&] { return bytes.Number(16); };
  p.output_offset = offset();

  const size_t weight_bytes = p.rows * RowBytes(p.type, p.columns);
  const auto weights = bytes.Repeated(weight_bytes, 1 + 4 * bytes.Number(256));
  p.panels = {offset(), std::vector<std::byte>(PanelBytes(p.type, p.rows, p.columns))};
  PackPanels({p.type, weights.data(), p.rows, p.columns, p.panels.data(), 0, (p.rows + 15) / 16});

  p.input = {offset(), std::vector<std::byte>(p.tokens * p.input_row_bytes())};
  p.tiles.resize(Bf16TilesBytes(p.tokens, p.columns));
  for (size_t t = 0; t < p.tokens; ++t) {
    const auto raw = bytes.Repeated(p.columns * sizeof(float), 4 * (1 + bytes.Number(64)));
    std::vector<float> x(p.columns);
    std::memcpy(x.data(), raw.data(), raw.size());
    RoundBf16Kernels().back().run(
        {x.data(), p.tiles.data() + Bf16RowOffset(t, p.columns), p.columns});
    const size_t from = offset(), to = offset();
    Quantize({from, x}, to, p.input.data() + t * p.input_row_bytes());
  }
  std::vector<float> added(p.rows * p.tokens);
  for (float& value : added) value = static_cast<float>(bytes.Number(256)) - 128;
  p.added = {offset(), added};
  return p;
}

enum class Form { kQ8, kTiles };

std::vector<float> Compute(const MatMulKernel& kernel, Form form, const Problem& p,
                           size_t first_token, size_t tokens, size_t split) {
  Placed<float> output(p.output_offset, std::vector<float>(p.rows * p.tokens));
  // Aligned as a worker's is.
  const size_t floats = kernel.scratch(p.columns);
  std::vector<float> memory(floats + 16);
  void* scratch = memory.data();
  size_t room = memory.size() * sizeof(float);
  MatMulTask task{};
  task.scratch = static_cast<float*>(std::align(64, floats * sizeof(float), scratch, room));
  task.weights = p.panels.data();
  task.weight_row_bytes = RowBytes(p.type, p.columns);
  task.columns = p.columns;
  if (form == Form::kQ8) {
    task.input = p.input.data() + first_token * p.input_row_bytes();
    task.input_row_bytes = p.input_row_bytes();
  } else {
    task.input = p.tiles.data();
    task.first_token = first_token;
  }
  task.tokens = tokens;
  task.output = output.data() + first_token * p.rows;
  task.output_stride = p.rows;
  task.bias = p.bias ? p.added.data() : nullptr;
  task.residual = p.residual ? p.added.data() + first_token * p.rows : nullptr;
  task.residual_stride = p.rows;
  const size_t middle = std::min(16 * split, p.rows);
  for (const auto& [begin, end] : {std::pair{size_t{0}, middle}, std::pair{middle, p.rows}}) {
    if (begin == end) continue;
    task.row_begin = begin;
    task.row_end = end;
    (form == Form::kQ8 ? kernel.run : kernel.run_tiles)(task);
  }
  Check(output.intact());
  return {output.data(), output.data() + output.size()};
}

// Whole, in two parts, and of the last token alone.
void CheckKernel(const MatMulKernel& kernel, Form form, const Problem& p,
                 const std::vector<float>& want) {
  CheckSame(Compute(kernel, form, p, 0, p.tokens, p.split), want);
  const auto alone = Compute(kernel, form, p, p.tokens - 1, 1, 0);
  const size_t at = (p.tokens - 1) * p.rows;
  CheckSame({alone.begin() + at, alone.end()}, {want.begin() + at, want.end()});
}

void CheckKernels(const Problem& p) {
  const MatMulKernel definition{
      {"scalar", 0, ScalarPanelKernel(p.type)}, p.type, InputRows::kQ8, WeightLayout::kPanels};
  const std::vector<float> want = Compute(definition, Form::kQ8, p, 0, p.tokens, 0);
  std::vector<float> want_of_tiles;
  std::vector<MatMulKernel> kernels = Emulated().matmul;
  kernels.insert(kernels.end(), MatMulKernels().begin(), MatMulKernels().end());
  for (const MatMulKernel& kernel : kernels) {
    if (kernel.weights != p.type || kernel.layout != WeightLayout::kPanels) continue;
    if (!CanRun(kernel.needs)) continue;
    CheckKernel(kernel, Form::kQ8, p, want);
    if (kernel.run_tiles == nullptr) continue;
    if (want_of_tiles.empty()) want_of_tiles = Compute(kernel, Form::kTiles, p, 0, p.tokens, 0);
    CheckKernel(kernel, Form::kTiles, p, want_of_tiles);
  }
}

}  // namespace
}  // namespace ingle

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ingle::FuzzedBytes bytes{{reinterpret_cast<const char*>(data), size}};
  const ingle::Problem problem = ingle::MakeProblem(bytes);
  if (problem.rows > 0) ingle::CheckKernels(problem);
  return 0;
}
