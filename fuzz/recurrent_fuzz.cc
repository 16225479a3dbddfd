// Operations that carry a state from token to token: every kernel against the scalar one, and cut
// in parts, bit for bit, against itself. The fuzzer chooses shapes, where memory lies, numbers and
// cuts.
//
// How far a kernel may be off is what rounding does to the sums of their terms' magnitudes: the
// scalar kernel computes those too, of numbers whose signs are such that nothing cancels.
#include <cmath>
#include <iterator>
#include <utility>

#include "float_fuzzing.h"
#include "kernels/recurrent/recurrent.h"

namespace ingle {
namespace {

struct Result {
  Floats output;
  Floats state;
};

// Where a run of some tokens is cut in two, and the columns or heads.
struct Cut {
  size_t tokens;
  size_t units;
};

struct Shape {
  size_t tokens;
  size_t units;

  Cut Whole() const { return {tokens, units}; }
};

// run(first token, tokens, first unit, end) for the parts of a cut: tokens in order, units not.
template <class Run>
void ForEachPart(const Shape& shape, const Cut& cut, const Run& run) {
  using Range = std::pair<size_t, size_t>;
  for (const auto& [first, end] : {Range{0, cut.tokens}, Range{cut.tokens, shape.tokens}}) {
    for (const auto& [begin, stop] : {Range{cut.units, shape.units}, Range{0, cut.units}}) {
      if (first < end && begin < stop) run(first, end - first, begin, stop);
    }
  }
}

// sizes: of the sums of each element's terms without their signs.
void CheckWithin(const Floats& got, const Floats& want, const Floats& sizes, double tolerance) {
  CheckNear(got, want, [&](size_t i, float) { return tolerance * std::fabs(sizes[i]) + 1e-30; });
}

void CheckSame(const Floats& a, const Floats& b) {
  for (size_t i = 0; i < a.size(); ++i) Check(SameBits(a[i], b[i]));
}

// run(kernels, numbers, cut) gives a Result.
template <class Numbers, class Run>
void CompareKernels(const Shape& shape, const Cut& cut, const Numbers& numbers, double tolerance,
                    const Run& run) {
  const RecurrentKernels& definition = RecurrentTable().back();
  const Result want = run(definition, numbers, shape.Whole());
  const Result sizes = run(definition, numbers.Magnitudes(), shape.Whole());
  for (const RecurrentKernels& kernels : RecurrentTable()) {
    if (!CanRun(kernels.needs)) continue;
    const Result whole = run(kernels, numbers, shape.Whole());
    CheckWithin(whole.output, want.output, sizes.output, tolerance);
    CheckWithin(whole.state, want.state, sizes.state, tolerance);
    const Result parts = run(kernels, numbers, cut);
    CheckSame(parts.output, whole.output);
    CheckSame(parts.state, whole.state);
  }
}

Cut AnyCut(FuzzedBytes& bytes, const Shape& shape) {
  return {bytes.Number(shape.tokens + 1), bytes.Number(shape.units + 1)};
}

Floats Magnitudes(Floats values) {
  for (float& value : values) value = std::fabs(value);
  return values;
}

Floats Negative(Floats values) {
  for (float& value : values) value = -std::fabs(value);
  return values;
}

Floats Times(Floats values, float factor) {
  for (float& value : values) value *= factor;
  return values;
}

// ---- Convolution ------------------------------------------------------------------------------

struct ConvNumbers {
  Floats x, weight, bias, state;

  ConvNumbers Magnitudes() const {
    return {ingle::Magnitudes(x), ingle::Magnitudes(weight), ingle::Magnitudes(bias),
            ingle::Magnitudes(state)};
  }
};

void FuzzShortConv(FuzzedBytes& bytes) {
  const Shape shape{1 + bytes.Number(12), 1 + bytes.Number(80)};
  const size_t taps = 1 + bytes.Number(18), columns = shape.units;
  const bool bias = bytes.Flag();
  const size_t offset = bytes.Number(16), state_offset = bytes.Number(16);
  const Cut cut = AnyCut(bytes, shape);
  const ConvNumbers numbers{CoarseOrNormal(bytes, shape.tokens * columns),
                            CoarseOrNormal(bytes, columns * taps), CoarseOrNormal(bytes, columns),
                            CoarseOrNormal(bytes, (taps - 1) * columns)};
  const auto run = [&](const RecurrentKernels& kernels, const ConvNumbers& n, const Cut& at) {
    const Placed<float> x(state_offset, n.x), weight(offset, n.weight);
    Placed<float> output(offset, Floats(n.x.size())), state(state_offset, n.state);
    ForEachPart(shape, at, [&](size_t first, size_t count, size_t begin, size_t end) {
      kernels.short_conv({x.data() + first * columns, columns, output.data() + first * columns,
                          weight.data(), bias ? n.bias.data() : nullptr, state.data(), columns,
                          taps, count, begin, end});
    });
    return Result{Taken(output), Taken(state)};
  };
  CompareKernels(shape, cut, numbers, 2 * kUnit * static_cast<double>(taps + 1), run);
}

// ---- Heads ------------------------------------------------------------------------------------

struct Heads {
  size_t groups;
  size_t count;
  size_t key_size;
  size_t value_size;

  size_t width() const { return count * value_size; }
  size_t keys() const { return groups * key_size; }
};

Heads AnyHeads(FuzzedBytes& bytes) {
  const size_t groups = 1 + bytes.Number(3);
  return {groups, groups * (1 + bytes.Number(3)), 1 + bytes.Number(40), 1 + bytes.Number(40)};
}

// Mostly few; sometimes more than kernels take at a time.
size_t AnyTokens(FuzzedBytes& bytes) {
  const bool many = bytes.Number(4) == 0;
  return 1 + bytes.Number(many ? 40 : 12);
}

// What rounding may do to two kernels: in each token some units for exponentials and products, and
// in each sum over the keys one a term.
double Tolerance(size_t tokens, size_t sums, const Heads& heads) {
  return kUnit * static_cast<double>(24 * tokens + 2 * sums * heads.key_size);
}

// What the tasks of heads have in common, for some of the heads.
template <class Task>
Task TaskOf(const Heads& heads, size_t tokens, size_t begin, size_t end) {
  Task task{};
  task.output_stride = heads.width();
  task.heads = heads.count;
  task.groups = heads.groups;
  task.key_size = heads.key_size;
  task.value_size = heads.value_size;
  task.tokens = tokens;
  task.head_begin = begin;
  task.head_end = end;
  return task;
}

struct ScanNumbers {
  Floats x, dt, b, c, a, skip, dt_bias, state;

  ScanNumbers Magnitudes() const {
    return {ingle::Magnitudes(x),    dt,      ingle::Magnitudes(b),    ingle::Magnitudes(c), a,
            ingle::Magnitudes(skip), dt_bias, ingle::Magnitudes(state)};
  }
};

void FuzzSelectiveScan(FuzzedBytes& bytes) {
  const Heads heads = AnyHeads(bytes);
  const Shape shape{AnyTokens(bytes), heads.count};
  const size_t offset = bytes.Number(16), state_offset = bytes.Number(16);
  const float dt_low = bytes.Flag() ? 0.1f : 0.0f;
  const Cut cut = AnyCut(bytes, shape);
  const auto some = [&](size_t count) { return CoarseOrNormal(bytes, count); };
  const ScanNumbers numbers{some(shape.tokens * heads.width()),
                            some(shape.tokens * heads.count),
                            some(shape.tokens * heads.keys()),
                            some(shape.tokens * heads.keys()),
                            Negative(some(heads.count)),
                            some(heads.count),
                            some(heads.count),
                            some(heads.width() * heads.key_size)};
  const auto run = [&](const RecurrentKernels& kernels, const ScanNumbers& n, const Cut& at) {
    const Placed<float> x(offset, n.x), b(state_offset, n.b), c(offset, n.c);
    Placed<float> output(offset, Floats(n.x.size())), state(state_offset, n.state);
    ForEachPart(shape, at, [&](size_t first, size_t count, size_t begin, size_t end) {
      auto task = TaskOf<SelectiveScanTask>(heads, count, begin, end);
      task.x = x.data() + first * heads.width();
      task.dt = n.dt.data() + first * heads.count;
      task.b = b.data() + first * heads.keys();
      task.c = c.data() + first * heads.keys();
      task.output = output.data() + first * heads.width();
      task.x_stride = heads.width();
      task.dt_stride = heads.count;
      task.b_stride = task.c_stride = heads.keys();
      task.a = n.a.data();
      task.skip = n.skip.data();
      task.dt_bias = n.dt_bias.data();
      task.state = state.data();
      task.dt_low = dt_low;
      task.dt_high = 3;
      kernels.selective_scan(task);
    });
    return Result{Taken(output), Taken(state)};
  };
  CompareKernels(shape, cut, numbers, Tolerance(shape.tokens, 1, heads), run);
}

struct DeltaNumbers {
  Floats q, k, v, decay, beta, state;

  // The correction is beta * (v - stateᵀ k).
  DeltaNumbers Magnitudes() const {
    return {ingle::Magnitudes(q), ingle::Magnitudes(k),    Negative(v), decay,
            Negative(beta),       ingle::Magnitudes(state)};
  }
};

void FuzzDeltaRule(FuzzedBytes& bytes) {
  const Heads heads = AnyHeads(bytes);
  const Shape shape{AnyTokens(bytes), heads.count};
  const size_t offset = bytes.Number(16), state_offset = bytes.Number(16);
  const bool tiled = bytes.Flag();
  const Cut cut = AnyCut(bytes, shape);
  const auto some = [&](size_t count) { return CoarseOrNormal(bytes, count); };
  // Keys of a length of about one, as models have them: else states grow without an end.
  const float size = 0.5f / std::sqrt(static_cast<float>(heads.key_size));
  const DeltaNumbers numbers{some(shape.tokens * heads.keys()),
                             Times(some(shape.tokens * heads.keys()), size),
                             some(shape.tokens * heads.width()),
                             Negative(some(shape.tokens * heads.count)),
                             Times(Magnitudes(some(shape.tokens * heads.count)), 0.25f),
                             some(heads.width() * heads.key_size)};
  const auto run = [&](const RecurrentKernels& kernels, const DeltaNumbers& n, const Cut& at) {
    const Placed<float> q(state_offset, n.q), k(offset, n.k), v(state_offset, n.v);
    Placed<float> output(offset, Floats(n.v.size())), state(state_offset, n.state);
    ForEachPart(shape, at, [&](size_t first, size_t count, size_t begin, size_t end) {
      auto task = TaskOf<DeltaRuleTask>(heads, count, begin, end);
      task.q = q.data() + first * heads.keys();
      task.k = k.data() + first * heads.keys();
      task.v = v.data() + first * heads.width();
      task.decay = n.decay.data() + first * heads.count;
      task.beta = n.beta.data() + first * heads.count;
      task.output = output.data() + first * heads.width();
      task.q_stride = task.k_stride = heads.keys();
      task.v_stride = heads.width();
      task.decay_stride = task.beta_stride = heads.count;
      task.state = state.data();
      task.tiled = tiled;
      kernels.delta_rule(task);
    });
    return Result{Taken(output), Taken(state)};
  };
  // A token's correction sums over the keys, and so does its output.
  CompareKernels(shape, cut, numbers, Tolerance(shape.tokens, shape.tokens + 1, heads), run);
}

}  // namespace
}  // namespace ingle

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr void (*kTargets[])(ingle::FuzzedBytes&) = {
      ingle::FuzzShortConv, ingle::FuzzSelectiveScan, ingle::FuzzDeltaRule};
  ingle::FuzzedBytes bytes{{reinterpret_cast<const char*>(data), size}};
  kTargets[bytes.Number(std::size(kTargets))](bytes);
  return 0;
}
