// Products of float weights, norms, rotations and elementwise arithmetic: every kernel of a table
// against the table's last one, which defines what is right. The fuzzer chooses shapes, how memory
// lies, and numbers: of any bits where kernels must give the same ones; else such that it is known
// how far apart they may be. That is what the unit tests allow, or twice that where those hold each
// kernel against the exact result, for then both may be off.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/half.h"
#include "kernel_fuzzing.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/kernel_testing.h"
#include "kernels/matmul/emulated_testing.h"
#include "kernels/matmul/matmul.h"
#include "kernels/rms_norm/rms_norm.h"
#include "kernels/rope/rope.h"

namespace ingle {
namespace {

using Floats = std::vector<float>;

constexpr double kUnit = 6e-8;  // what rounding does to a float, as a part of it

// ---- Numbers ----------------------------------------------------------------------------------

Floats AnyBits(FuzzedBytes& bytes, size_t count) {
  const auto raw = bytes.Repeated(count * sizeof(float), 4 * (1 + bytes.Number(64)));
  Floats values(count);
  std::memcpy(values.data(), raw.data(), raw.size());
  return values;
}

// Multiples of 1/32 from -4 to below 4: their products, and sums of a thousand of those, are exact.
Floats Coarse(FuzzedBytes& bytes, size_t count) {
  const auto raw = bytes.Repeated(count, 1 + bytes.Number(256));
  Floats values(count);
  for (size_t i = 0; i < count; ++i) {
    values[i] = static_cast<float>(std::to_integer<int>(raw[i]) - 128) / 32;
  }
  return values;
}

// As the unit tests have them.
Floats Normal(FuzzedBytes& bytes, size_t count) {
  return RandomFloats(count, static_cast<uint32_t>(bytes.Number(256)));
}

Floats CoarseOrNormal(FuzzedBytes& bytes, size_t count) {
  return bytes.Flag() ? Normal(bytes, count) : Coarse(bytes, count);
}

// Where the unit test of activations has a tolerance. NaN stays.
Floats WithinThirty(Floats values) {
  for (float& x : values) x = std::isinf(x) ? 30.0f : std::remainder(x, 60.0f);
  return values;
}

// ---- Comparing --------------------------------------------------------------------------------

// tolerance(i, want): how far element i may be off.
template <class Tolerance>
void CheckNear(const Floats& got, const Floats& want, const Tolerance& tolerance) {
  Check(got.size() == want.size());
  for (size_t i = 0; i < want.size(); ++i) {
    if (std::isnan(want[i])) {
      Check(std::isnan(got[i]));
    } else if (got[i] != want[i]) {
      Check(std::fabs(double{got[i]} - want[i]) <= tolerance(i, want[i]));
    }
  }
}

constexpr auto kNone = [](size_t, float) { return 0.0; };

// What run writes to an output that begins 4 * offset bytes into its memory.
template <class Run>
Floats Written(size_t offset, size_t count, const Run& run) {
  Placed<float> output(offset, Floats(count, -1.0f));
  run(output.data());
  Check(output.intact());
  return {output.data(), output.data() + count};
}

// run(row, output), by each row of the table that this machine can run, against the last.
template <class Row, class Run, class Tolerance>
void CompareRows(std::span<const Row> table, size_t offset, size_t count, const Run& run,
                 const Tolerance& tolerance) {
  const auto by = [&](const Row& row) {
    return Written(offset, count, [&](float* output) { run(row, output); });
  };
  const Floats want = by(table.back());
  for (const Row& row : table) {
    if (CanRun(row.needs)) CheckNear(by(row), want, tolerance);
  }
}

// An input of a kernel whose output may be this input. (Constructors that read two numbers are
// called with braces: then every compiler reads them in the same order.)
struct Input {
  Placed<float> values;
  bool in_place;

  Input(FuzzedBytes& bytes, const Floats& from)
      : values(bytes.Number(16), from), in_place(bytes.Flag()) {}
  const float* For(float* output) const {
    if (!in_place) return values.data();
    std::copy_n(values.data(), values.size(), output);
    return output;
  }
};

// ---- Elementwise ------------------------------------------------------------------------------

void FuzzArithmetic(FuzzedBytes& bytes) {
  const size_t count = 1 + bytes.Number(100);
  const Input a(bytes, AnyBits(bytes, count));
  const Placed<float> b{bytes.Number(16), AnyBits(bytes, count)};
  const size_t step = bytes.Number(2);
  const float limit = static_cast<float>(bytes.Number(3));
  const size_t parts = 1 + bytes.Number(std::min<size_t>(count, 5));
  const size_t offset = bytes.Number(16);
  using Kernels = ElementwiseKernels;
  const auto compare = [&](size_t written, const auto& run) {
    CompareRows(ElementwiseTable(), offset, written, run, kNone);
  };
  compare(count, [&](const Kernels& k, float* output) {
    k.add({a.For(output), b.data(), step, output, count});
  });
  compare(count, [&](const Kernels& k, float* output) {
    k.multiply({a.For(output), b.data(), step, output, count});
  });
  compare(count, [&](const Kernels& k, float* output) {
    k.scale({a.For(output), b.data()[0], limit, output, count});
  });
  compare(count / parts, [&](const Kernels& k, float* output) {
    k.blend({a.values.data(), b.data(), parts, output, count / parts});
  });
}

double ActivationTolerance(float x, float want) {
  const double size = std::fmax(std::fabs(want), std::fmin(std::fabs(x), 1.0f));
  return 2 * (8 * kUnit * size + 1e-30);
}

ActivationKind AnyKind(FuzzedBytes& bytes) {
  constexpr size_t kKinds = static_cast<size_t>(ActivationKind::kSoftplus) + 1;
  return static_cast<ActivationKind>(bytes.Number(kKinds));
}

void FuzzActivation(FuzzedBytes& bytes) {
  const size_t count = 1 + bytes.Number(100);
  const ActivationKind kind = AnyKind(bytes);
  const Input x(bytes, WithinThirty(AnyBits(bytes, count)));
  CompareRows(
      ElementwiseTable(), bytes.Number(16), count,
      [&](const ElementwiseKernels& k, float* output) {
        k.activate({kind, x.For(output), output, count});
      },
      [&](size_t i, float want) { return ActivationTolerance(x.values.data()[i], want); });
}

// The factors of a gated activation, as its limit holds them.
struct Factors {
  Floats gates;
  Floats activated;
  Floats others;
};

Factors FactorsOf(const GluTask& task) {
  Factors factors{Floats(task.count), Floats(task.count), Floats(task.count)};
  for (size_t i = 0; i < task.count; ++i) {
    float gate = task.gate[i];
    float up = task.up[i];
    if (task.limit > 0) {
      gate = std::min(gate, task.limit);
      up = std::clamp(up, -task.limit, task.limit);
    }
    factors.gates[i] = gate;
    factors.others[i] = up + task.offset;
  }
  ElementwiseTable().back().activate(
      {task.kind, factors.gates.data(), factors.activated.data(), task.count});
  return factors;
}

void FuzzGlu(FuzzedBytes& bytes) {
  const size_t count = 1 + bytes.Number(100);
  const Input gate(bytes, WithinThirty(AnyBits(bytes, count)));
  const Placed<float> up{bytes.Number(16), WithinThirty(AnyBits(bytes, count))};
  GluTask task{};
  task.kind = AnyKind(bytes);
  task.limit = static_cast<float>(bytes.Number(8));
  task.offset = static_cast<float>(bytes.Number(2));
  task.gate = gate.values.data();
  task.up = up.data();
  task.count = count;
  const Factors factors = FactorsOf(task);
  CompareRows(
      ElementwiseTable(), bytes.Number(16), count,
      [&](const ElementwiseKernels& k, float* output) {
        GluTask own = task;
        own.gate = gate.For(output);
        own.output = output;
        k.glu(own);
      },
      // Of the activation, of the product, and where that is no normal number.
      [&](size_t i, float want) {
        return ActivationTolerance(factors.gates[i], factors.activated[i]) *
                   std::fabs(factors.others[i]) +
               2 * kUnit * std::fabs(want) + 1e-40;
      });
}

// ---- Norms and rotations ----------------------------------------------------------------------

// What a kernel's order of additions does to a sum of squares grows with their number: of these, to
// its root by no more than 3e-6 of it. The unit tests' 2e-6 is of elements of about 1.
constexpr double kNormTolerance = 4e-6;

void FuzzNorm(FuzzedBytes& bytes) {
  const size_t columns = 1 + bytes.Number(256) + 256 * bytes.Number(2);
  const Input x(bytes, CoarseOrNormal(bytes, columns));
  const Placed<float> other{bytes.Number(16), CoarseOrNormal(bytes, columns)};
  const float* weight = bytes.Flag() ? other.data() : nullptr;
  const size_t offset = bytes.Number(16);
  constexpr float kEpsilon = 1e-5f;
  CompareRows(
      RmsNormTable(), offset, columns,
      [&](const RmsNormKernels& k, float* output) {
        k.rms_norm({x.For(output), weight, kEpsilon, output, columns});
      },
      [](size_t, float want) { return kNormTolerance * std::fabs(want); });
  // Two roots.
  CompareRows(
      RmsNormTable(), offset, columns,
      [&](const RmsNormKernels& k, float* output) {
        k.rescale({x.For(output), other.data(), kEpsilon, output, columns});
      },
      [](size_t, float want) { return 2 * kNormTolerance * std::fabs(want); });
}

void FuzzRope(FuzzedBytes& bytes) {
  const size_t heads = 1 + bytes.Number(4);
  const size_t pairs = 1 + bytes.Number(40);
  const size_t head_size = 2 * pairs + bytes.Number(9);
  const Input x(bytes, AnyBits(bytes, heads * head_size));
  const Placed<float> angles{bytes.Number(16), AnyBits(bytes, 2 * pairs)};
  const size_t offset = bytes.Number(16);
  for (const auto rotate : {&RopeKernels::interleaved, &RopeKernels::halves}) {
    CompareRows(
        RopeTable(), offset, heads * head_size,
        [&](const RopeKernels& k, float* output) {
          (k.*rotate)({x.For(output), output, heads, head_size, pairs, angles.data(),
                       angles.data() + pairs});
        },
        kNone);
  }
}

// ---- Products of float weights ----------------------------------------------------------------

struct Operands {
  Floats weights, input, bias, residual;
};

struct Product {
  DType type;
  size_t rows, columns, tokens;
  bool exact;  // all sums are
  bool bias, residual;
  size_t split;  // rows before it and from it on are two tasks
  size_t weights_offset, input_offset, added_offset;
};

std::vector<std::byte> Encoded(DType type, const Floats& values) {
  std::vector<std::byte> bytes(RowBytes(type, values.size()));
  for (size_t i = 0; i < values.size(); ++i) {
    if (type == DType::kF32) {
      std::memcpy(bytes.data() + 4 * i, &values[i], 4);
    } else {
      const uint16_t half = type == DType::kF16 ? F32ToF16(values[i]) : F32ToBF16(values[i]);
      std::memcpy(bytes.data() + 2 * i, &half, 2);
    }
  }
  return bytes;
}

Operands Magnitudes(Operands operands) {
  for (Floats* values : {&operands.weights, &operands.input, &operands.bias, &operands.residual}) {
    for (float& value : *values) value = std::fabs(value);
  }
  return operands;
}

// [tokens, rows], of the tokens from `first` on.
Floats Multiply(const MatMulKernel& kernel, const Product& p, const Operands& operands,
                size_t first, size_t tokens) {
  const Placed<std::byte> weights(p.weights_offset, Encoded(p.type, operands.weights));
  const Placed<float> input(p.input_offset, operands.input);
  const Placed<float> bias(p.added_offset, operands.bias);
  const Placed<float> residual(p.added_offset, operands.residual);
  const size_t scratch_floats = kernel.scratch(p.columns);
  Floats memory(scratch_floats + 16);
  void* scratch = memory.data();
  size_t room = memory.size() * sizeof(float);
  MatMulTask task{};
  task.weights = weights.data();
  task.weight_row_bytes = RowBytes(p.type, p.columns);
  task.columns = p.columns;
  task.input = reinterpret_cast<const std::byte*>(input.data() + first * p.columns);
  task.input_row_bytes = p.columns * sizeof(float);
  task.tokens = tokens;
  task.output_stride = p.rows;
  task.bias = p.bias ? bias.data() : nullptr;
  task.residual = p.residual ? residual.data() + first * p.rows : nullptr;
  task.scratch = static_cast<float*>(std::align(64, scratch_floats * sizeof(float), scratch, room));
  return Written(p.added_offset, tokens * p.rows, [&](float* output) {
    task.output = output;
    for (const auto& [begin, end] : {std::pair{size_t{0}, p.split}, std::pair{p.split, p.rows}}) {
      if (begin == end) continue;
      task.row_begin = begin;
      task.row_end = end;
      kernel.run(task);
    }
  });
}

void CheckKernel(const MatMulKernel& kernel, const Product& p, const Operands& operands,
                 const Floats& want, const Floats& sizes) {
  const Floats got = Multiply(kernel, p, operands, 0, p.tokens);
  CheckNear(got, want, [&](size_t i, float) { return p.exact ? 0.0 : 2e-6 * sizes[i]; });
  const Floats alone = Multiply(kernel, p, operands, p.tokens - 1, 1);
  for (size_t row = 0; row < p.rows; ++row) {
    Check(SameBits(alone[row], got[(p.tokens - 1) * p.rows + row]));
  }
}

void FuzzProduct(FuzzedBytes& bytes) {
  constexpr DType kTypes[] = {DType::kF32, DType::kF16, DType::kBF16};
  Product p{};
  p.type = kTypes[bytes.Number(3)];
  // As many as take a kernel through each of its ways, and no more: some are emulated.
  p.rows = 1 + bytes.Number(70);
  p.columns = 1 + bytes.Number(200);
  p.tokens = 1 + bytes.Number(40);
  p.exact = bytes.Flag();
  p.bias = bytes.Flag();
  p.residual = bytes.Flag();
  p.split = bytes.Number(p.rows + 1);
  p.weights_offset = bytes.Number(16);
  p.input_offset = bytes.Number(16);
  p.added_offset = bytes.Number(16);
  const auto numbers = [&](size_t count) {
    return p.exact ? Coarse(bytes, count) : Normal(bytes, count);
  };
  const Operands operands{numbers(p.rows * p.columns), numbers(p.tokens * p.columns),
                          numbers(p.rows), numbers(p.tokens * p.rows)};

  const MatMulKernel& definition = PickMatMul(p.type, 0);
  const Floats want = Multiply(definition, p, operands, 0, p.tokens);
  // What each element's terms are without their signs: rounding is in proportion to that.
  const Floats sizes = Multiply(definition, p, Magnitudes(operands), 0, p.tokens);
  std::vector<MatMulKernel> kernels = EmulatedKernels();
  kernels.insert(kernels.end(), MatMulKernels().begin(), MatMulKernels().end());
  for (const MatMulKernel& kernel : kernels) {
    if (kernel.weights != p.type || kernel.layout != WeightLayout::kRows) continue;
    if (CanRun(kernel.needs)) CheckKernel(kernel, p, operands, want, sizes);
  }
}

}  // namespace
}  // namespace ingle

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr void (*kTargets[])(ingle::FuzzedBytes&) = {ingle::FuzzArithmetic, ingle::FuzzActivation,
                                                       ingle::FuzzGlu,        ingle::FuzzNorm,
                                                       ingle::FuzzRope,       ingle::FuzzProduct};
  ingle::FuzzedBytes bytes{{reinterpret_cast<const char*>(data), size}};
  kTargets[bytes.Number(std::size(kTargets))](bytes);
  return 0;
}
