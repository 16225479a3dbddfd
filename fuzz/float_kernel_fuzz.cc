// Products of float weights, norms, rotations, routes, sparsifying and elementwise arithmetic:
// every kernel of a table against the table's last one, which defines what is right; routes against
// what they should be in f64. The fuzzer chooses shapes, how memory lies, and numbers: of any bits
// where kernels must give the same ones; else such that it is known how far apart they may be. That
// is what rounding may do, or what the unit tests allow, or twice that where those hold each kernel
// against the exact result, for then both may be off.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "base/half.h"
#include "float_fuzzing.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/emulated_testing.h"
#include "kernels/layer_norm/layer_norm.h"
#include "kernels/matmul/matmul.h"
#include "kernels/rms_norm/rms_norm.h"
#include "kernels/rope/rope.h"
#include "kernels/route/route.h"
#include "kernels/sparsify/sparsify.h"

namespace ingle {
namespace {

Floats AnyBits(FuzzedBytes& bytes, size_t count) {
  const auto raw = bytes.Repeated(count * sizeof(float), 4 * (1 + bytes.Number(64)));
  Floats values(count);
  std::memcpy(values.data(), raw.data(), raw.size());
  return values;
}

constexpr auto kNone = [](size_t, float) { return 0.0; };

// What run writes to an output that begins 4 * offset bytes into its memory.
template <class Run>
Floats Written(size_t offset, size_t count, const Run& run) {
  Placed<float> output(offset, Floats(count, -1.0f));
  run(output.data());
  return Taken(output);
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

// ---- Elementwise ------------------------------------------------------------------------------

std::span<const ElementwiseKernels> AllElementwise() {
  static const auto all = RunnableOf(ElementwiseTable(), Emulated().elementwise);
  return all;
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

// Where the unit test of activations has a tolerance. NaN stays.
Floats WithinThirty(Floats values) {
  for (float& x : values) x = std::isinf(x) ? 30.0f : std::remainder(x, 60.0f);
  return values;
}

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
    CompareRows(AllElementwise(), offset, written, run, kNone);
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
      AllElementwise(), bytes.Number(16), count,
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
      AllElementwise(), bytes.Number(16), count,
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

// Kernels' means differ by rounding, which shifts all elements; so do their variances, which scales
// them.
void FuzzLayerNorm(FuzzedBytes& bytes) {
  const size_t columns = 1 + bytes.Number(256) + 256 * bytes.Number(2);
  Floats values = CoarseOrNormal(bytes, columns);
  const float shift = static_cast<float>(bytes.Number(16));
  for (float& value : values) value += shift;
  const Input x(bytes, values);
  const Placed<float> weight{bytes.Number(16), CoarseOrNormal(bytes, columns)};
  const Placed<float> bias{bytes.Number(16), CoarseOrNormal(bytes, columns)};
  const bool has_weight = bytes.Flag(), has_bias = bytes.Flag();
  constexpr float kEpsilon = 1e-5f;

  const auto count = static_cast<double>(columns);
  double mean = 0, variance = 0, largest = 0;
  for (const float value : values) mean += value / count;
  for (const float value : values) {
    variance += (value - mean) * (value - mean) / count;
    largest = std::max(largest, std::fabs(double{value}));
  }
  const double scale = 1 / std::sqrt(variance + kEpsilon);
  const double rounded = 8 * kUnit * largest * scale;
  CompareRows(
      LayerNormKernels(), bytes.Number(16), columns,
      [&](const LayerNormKernel& kernel, float* output) {
        kernel.run({x.For(output), has_weight ? weight.data() : nullptr,
                    has_bias ? bias.data() : nullptr, kEpsilon, output, columns});
      },
      [&](size_t i, float want) {
        const double normal = std::fabs(values[i] - mean) * scale;
        const double factor = has_weight ? std::fabs(weight.data()[i]) : 1;
        return factor * (rounded * (1 + normal) + kNormTolerance * normal) +
               4 * kUnit * std::fabs(want);
      });
}

void FuzzSparsify(FuzzedBytes& bytes) {
  const size_t count = 1 + bytes.Number(256);
  Floats values = CoarseOrNormal(bytes, count);
  if (bytes.Flag()) values[bytes.Number(count)] = NAN;
  const Input x(bytes, values);
  const float deviations = static_cast<float>(bytes.Number(5)) / 2;
  double largest = 0;
  for (const float value : values) largest = std::fmax(largest, std::fabs(value));
  CompareRows(
      SparsifyKernels(), bytes.Number(16), count,
      [&](const SparsifyKernel& kernel, float* output) {
        kernel.run({x.For(output), deviations, output, count});
      },
      [&](size_t, float) { return 4 * kUnit * (1 + deviations) * largest; });
}

// ---- Routes -----------------------------------------------------------------------------------

// What experts are chosen by and weighed with, in f64.
struct Scores {
  std::vector<double> choice;
  std::vector<double> weight;
};

void SoftmaxOver(const std::vector<size_t>& experts, const RouteTask& task,
                 std::vector<double>& weight) {
  double sum = 0;
  for (const size_t e : experts) sum += weight[e] = std::exp(double{task.logits[e]});
  for (const size_t e : experts) weight[e] /= sum;
}

Scores ScoresOf(const RouteTask& task, const std::vector<size_t>& chosen) {
  Scores scores{std::vector<double>(task.experts), std::vector<double>(task.experts)};
  std::vector<size_t> all(task.experts);
  std::iota(all.begin(), all.end(), size_t{0});
  switch (task.scores) {
    case RouteScores::kSoftmax:
      SoftmaxOver(all, task, scores.weight);
      break;
    case RouteScores::kSoftmaxOfTopK:
      SoftmaxOver(chosen, task, scores.weight);
      break;
    case RouteScores::kSigmoid:
      for (const size_t e : all) scores.weight[e] = 1 / (1 + std::exp(-double{task.logits[e]}));
  }
  for (const size_t e : all) {
    const bool by_logits = task.scores == RouteScores::kSoftmaxOfTopK;
    scores.choice[e] = by_logits ? double{task.logits[e]} : scores.weight[e];
    if (task.bias != nullptr) scores.choice[e] += task.bias[e];
  }
  double sum = 0;
  for (const size_t e : chosen) sum += scores.weight[e];
  for (const size_t e : all) {
    scores.weight[e] *= task.scale / (task.normalize ? sum : 1);
    if (task.scales != nullptr) scores.weight[e] *= task.scales[e];
  }
  return scores;
}

// Whether expert a may come before b: it is not worse, and if it is alike it has the smaller
// number.
bool MayPrecede(const RouteTask& task, const Scores& scores, size_t a, size_t b) {
  const bool alike =
      task.logits[a] == task.logits[b] && (task.bias == nullptr || task.bias[a] == task.bias[b]);
  if (alike) return a < b;
  const double size = std::fabs(scores.choice[a]) + std::fabs(scores.choice[b]);
  const double rounded = static_cast<double>(16 + task.experts) * kUnit;
  return scores.choice[a] >= scores.choice[b] - rounded * (1 + size);
}

// Rounding decides between experts that are nearly alike, so it is not asked which are chosen, but
// whether that is a right choice.
void CheckRoute(const RouteTask& task) {
  std::vector<size_t> order;
  for (size_t j = 0; j < task.k; ++j) {
    const float expert = task.output[j];
    Check(expert >= 0 && expert < static_cast<float>(task.experts));
    order.push_back(static_cast<size_t>(expert));
    Check(static_cast<float>(order.back()) == expert);
  }
  const Scores scores = ScoresOf(task, order);
  for (size_t j = 0; j < task.k; ++j) {
    const double want = scores.weight[order[j]];
    Check(std::fabs(task.output[task.k + j] - want) <= 1e-5 * std::fabs(want) + 1e-30);
  }
  for (size_t e = 0; e < task.experts; ++e) {
    if (std::find(order.begin(), order.end(), e) == order.end()) order.push_back(e);
  }
  Check(order.size() == task.experts);  // none was chosen twice
  for (size_t j = 0; j < task.k; ++j) {
    for (size_t i = j + 1; i < order.size(); ++i) {
      Check(MayPrecede(task, scores, order[j], order[i]));
    }
  }
}

void FuzzRoute(FuzzedBytes& bytes) {
  const size_t experts = 1 + bytes.Number(140);
  const Placed<float> logits{bytes.Number(16), CoarseOrNormal(bytes, experts)};
  const Placed<float> bias{bytes.Number(16), CoarseOrNormal(bytes, experts)};
  const Placed<float> scales{bytes.Number(16), CoarseOrNormal(bytes, experts)};
  RouteTask task{};
  task.logits = logits.data();
  task.bias = bytes.Flag() ? bias.data() : nullptr;
  task.scales = bytes.Flag() ? scales.data() : nullptr;
  task.experts = experts;
  task.k = 1 + bytes.Number(std::min<size_t>(experts, 16));
  task.scores = static_cast<RouteScores>(bytes.Number(3));
  task.normalize = bytes.Flag();
  task.scale = 1 + static_cast<float>(bytes.Number(3));
  const size_t offset = bytes.Number(16);
  for (const RouteKernel& kernel : RouteKernels()) {
    if (!CanRun(kernel.needs)) continue;
    Placed<float> output(offset, Floats(2 * task.k)), scratch(offset, Floats(2 * experts));
    task.output = output.data();
    task.scratch = scratch.data();
    kernel.run(task);
    Check(output.intact() && scratch.intact());
    CheckRoute(task);
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
  task.residual_stride = p.rows;
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
  std::vector<MatMulKernel> kernels = Emulated().matmul;
  kernels.insert(kernels.end(), MatMulKernels().begin(), MatMulKernels().end());
  for (const MatMulKernel& kernel : kernels) {
    if (kernel.weights != p.type || kernel.layout != WeightLayout::kRows) continue;
    if (CanRun(kernel.needs)) CheckKernel(kernel, p, operands, want, sizes);
  }
}

}  // namespace
}  // namespace ingle

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr void (*kTargets[])(ingle::FuzzedBytes&) = {
      ingle::FuzzArithmetic, ingle::FuzzActivation, ingle::FuzzGlu,
      ingle::FuzzNorm,       ingle::FuzzRope,       ingle::FuzzProduct,
      ingle::FuzzLayerNorm,  ingle::FuzzSparsify,   ingle::FuzzRoute};
  ingle::FuzzedBytes bytes{{reinterpret_cast<const char*>(data), size}};
  kTargets[bytes.Number(std::size(kTargets))](bytes);
  return 0;
}
