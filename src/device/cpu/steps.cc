#include "device/cpu/steps.h"

#include <algorithm>
#include <cstring>

#include "device/cpu/attention_steps.h"
#include "device/cpu/operands.h"
#include "kernels/dequantize/dequantize.h"
#include "kernels/q8_rows.h"
#include "kernels/rms_norm/rms_norm.h"
#include "kernels/rope/rope.h"

namespace ingle {
namespace {

// Columns that elementwise work is cut into: whole Q8 groups, and enough to be worth a call.
constexpr size_t kColumnBlock = 256;

// Calls body(row, begin, end) for this worker's share of a [rows, columns] value.
template <class Body>
void ForEachBlock(const StepContext& context, size_t rows, size_t columns, const Body& body) {
  const size_t blocks = (columns + kColumnBlock - 1) / kColumnBlock;
  const Worker::Range share = context.worker.Share(rows * blocks);
  for (size_t i = share.begin; i < share.end; ++i) {
    const size_t begin = i % blocks * kColumnBlock;
    body(i / blocks, begin, std::min(begin + kColumnBlock, columns));
  }
}

void Embed(const Step& step, const StepContext& context) {
  const TensorView& table = step.inputs[1].weight;
  const Worker::Range share = context.worker.Share(context.batch.tokens.size());
  for (size_t t = share.begin; t < share.end; ++t) {
    const auto id = static_cast<uint64_t>(context.batch.tokens[t]);
    DequantizeRow(table.type, table.row(id), FloatRow(step.output, context, t),
                  step.output.type.columns);
  }
}

void MatMul(const Step& step, const StepContext& context) {
  const Operand& x = step.inputs[0];
  const TensorView& weight = step.inputs[1].weight;
  MatMulTask task{};
  task.weights = weight.data;
  task.weight_row_bytes = weight.row_bytes();
  task.columns = x.type.columns;
  task.input = Memory(x, context);
  task.input_row_bytes = x.row_bytes;
  task.tokens = RowCount(step.output, context);
  task.output = FloatRow(step.output, context, 0);
  task.output_stride = step.output.type.columns;
  if (step.inputs[2]) task.bias = reinterpret_cast<const float*>(step.inputs[2].weight.data);
  if (step.inputs[3]) task.residual = FloatRow(step.inputs[3], context, 0);
  // Whole cache lines of the output, so that no two workers write the same one.
  const Worker::Range share = context.worker.Share(step.output.type.columns, 16);
  task.row_begin = share.begin;
  task.row_end = share.end;
  task.scratch = context.scratch;
  if (task.tokens > 0) context.program.kernels.matmul(weight.type).run(task);
}

void Add(const Step& step, const StepContext& context) {
  ForEachBlock(context, RowCount(step.output, context), step.output.type.columns,
               [&](size_t row, size_t begin, size_t end) {
                 const float* a = FloatRow(step.inputs[0], context, row);
                 const float* b = FloatRow(step.inputs[1], context, row);
                 float* out = FloatRow(step.output, context, row);
                 for (size_t i = begin; i < end; ++i) out[i] = a[i] + b[i];
               });
}

void QuantizeBlock(const StepContext& context, const float* row, std::byte* out, size_t columns,
                   size_t begin, size_t end) {
  context.program.kernels.quantize_q8().run({row, out, columns, begin / kQ8Group, end / kQ8Group});
}

void RmsNorm(const Step& step, const StepContext& context) {
  const auto* weight = reinterpret_cast<const float*>(step.inputs[1].weight.data);
  const float epsilon = std::get<NormAttributes>(step.attributes).epsilon;
  const size_t columns = step.output.type.columns;
  const bool quantize = step.output.type.element == Element::kQ8;
  const Worker::Range share = context.worker.Share(RowCount(step.output, context));
  for (size_t row = share.begin; row < share.end; ++row) {
    const float* x = FloatRow(step.inputs[0], context, row);
    float* out = quantize ? context.scratch : FloatRow(step.output, context, row);
    ingle::RmsNorm(x, weight, epsilon, out, columns);
    if (quantize) {
      QuantizeBlock(context, out, Row(step.output, context, row), columns, 0, columns);
    }
  }
}

void Rope(const Step& step, const StepContext& context) {
  const auto& rope = std::get<RopeAttributes>(step.attributes);
  const size_t pairs = rope.frequencies.size();
  const size_t columns = step.output.type.columns;
  const size_t heads = columns / rope.head_size;
  const auto rotate = rope.pairs == RopePairs::kInterleaved ? RotateInterleaved : RotateHalves;
  float* cosines = context.scratch;
  float* sines = cosines + pairs;
  // By tokens and heads, so that one token alone is shared too.
  const Worker::Range share = context.worker.Share(RowCount(step.output, context) * heads);
  size_t angles_of = SIZE_MAX;
  for (size_t i = share.begin; i < share.end; ++i) {
    const size_t token = i / heads;
    if (token != angles_of) {
      ComputeRopeAngles(rope.frequencies.data(), pairs, context.batch.positions[token],
                        rope.magnitude, cosines, sines);
      angles_of = token;
    }
    const size_t offset = i % heads * rope.head_size;
    float* out = FloatRow(step.output, context, token) + offset;
    const float* x = FloatRow(step.inputs[0], context, token) + offset;
    if (out != x) std::copy_n(x, rope.head_size, out);
    rotate(out, pairs, {cosines, sines});
  }
}

void SwiGlu(const Step& step, const StepContext& context) {
  const bool quantize = step.output.type.element == Element::kQ8;
  const size_t columns = step.output.type.columns;
  ForEachBlock(
      context, RowCount(step.output, context), columns, [&](size_t row, size_t begin, size_t end) {
        // Quantizing reads a row from its beginning, so the scratch row is laid out whole.
        float* out = quantize ? context.scratch : FloatRow(step.output, context, row);
        context.program.kernels.swiglu().run({FloatRow(step.inputs[0], context, row) + begin,
                                              FloatRow(step.inputs[1], context, row) + begin,
                                              out + begin, end - begin});
        if (quantize) {
          QuantizeBlock(context, out, Row(step.output, context, row), columns, begin, end);
        }
      });
}

void Quantize(const Step& step, const StepContext& context) {
  const size_t columns = step.output.type.columns;
  ForEachBlock(context, RowCount(step.output, context), columns,
               [&](size_t row, size_t begin, size_t end) {
                 QuantizeBlock(context, FloatRow(step.inputs[0], context, row),
                               Row(step.output, context, row), columns, begin, end);
               });
}

void SelectRows(const Step& step, const StepContext& context) {
  ForEachBlock(context, RowCount(step.output, context), step.output.type.columns,
               [&](size_t row, size_t begin, size_t end) {
                 const auto from = static_cast<size_t>(context.batch.output_rows[row]);
                 const float* x = FloatRow(step.inputs[0], context, from);
                 std::copy(x + begin, x + end, FloatRow(step.output, context, row) + begin);
               });
}

}  // namespace

void RunStep(const Step& step, const StepContext& context) {
  switch (step.op) {
    case Op::kEmbed:
      return Embed(step, context);
    case Op::kMatMul:
      return MatMul(step, context);
    case Op::kAdd:
      return Add(step, context);
    case Op::kRmsNorm:
      return RmsNorm(step, context);
    case Op::kRope:
      return Rope(step, context);
    case Op::kSwiGlu:
      return SwiGlu(step, context);
    case Op::kSelectRows:
      return SelectRows(step, context);
    case Op::kQuantize:
      return Quantize(step, context);
    case Op::kCacheAppend:
      return CacheAppend(step, context);
    case Op::kAttend:
      return Attend(step, context);
    case Op::kInput:
    case Op::kWeight:
    case Op::kAttention:
      return;  // never steps of a program
  }
}

}  // namespace ingle
