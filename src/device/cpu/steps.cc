#include "device/cpu/steps.h"

#include <algorithm>
#include <cstring>

#include "device/cpu/attention_steps.h"
#include "device/cpu/expert_steps.h"
#include "device/cpu/operands.h"
#include "device/recurrence.h"
#include "device/rows.h"
#include "kernels/dequantize/dequantize.h"
#include "kernels/q8_rows.h"

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
  const auto& embed = std::get<EmbedAttributes>(step.attributes);
  const std::span<const int32_t> ids = step.inputs[0].place == Operand::Place::kPositions
                                           ? context.batch.positions
                                           : context.batch.tokens;
  const Worker::Range share = context.worker.Share(ids.size());
  for (size_t t = share.begin; t < share.end; ++t) {
    DequantizeRow(table.type, table.row(EmbeddedRow(embed, table, ids[t])),
                  FloatRow(step.output, context, t), step.output.type.columns);
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

// Row `row` of an input; of a weight, its only one.
const float* InputRow(const Operand& input, const StepContext& context, size_t row) {
  if (!input) return nullptr;
  if (input.place == Operand::Place::kWeight) {
    return reinterpret_cast<const float*>(input.weight.data);
  }
  return FloatRow(input, context, row);
}

RowTask RowTaskOf(const Step& step, const StepContext& context, size_t row) {
  RowTask task{context.program.kernels, step.op, step.attributes};
  for (size_t i = 0; i < task.inputs.size(); ++i) {
    task.inputs[i] = InputRow(step.inputs[i], context, row);
    task.columns[i] = step.inputs[i].type.columns;
  }
  task.output_columns = step.output.type.columns;
  task.scratch = context.scratch;
  return task;
}

void ComputeRows(const Step& step, const StepContext& context) {
  const Worker::Range share = context.worker.Share(RowCount(step.output, context));
  for (size_t row = share.begin; row < share.end; ++row) {
    RowTask task = RowTaskOf(step, context, row);
    task.output = FloatRow(step.output, context, row);
    ComputeRow(task);
  }
}

void Add(const Step& step, const StepContext& context) {
  const bool alike = step.inputs[1].place != Operand::Place::kWeight &&
                     step.inputs[1].type.columns == step.output.type.columns;
  if (!alike) return ComputeRows(step, context);
  ForEachBlock(context, RowCount(step.output, context), step.output.type.columns,
               [&](size_t row, size_t begin, size_t end) {
                 const float* a = FloatRow(step.inputs[0], context, row);
                 const float* b = FloatRow(step.inputs[1], context, row);
                 float* out = FloatRow(step.output, context, row);
                 context.program.kernels.elementwise().add(
                     {a + begin, b + begin, 1, out + begin, end - begin});
               });
}

void QuantizeBlock(const StepContext& context, const float* row, std::byte* out, size_t columns,
                   size_t begin, size_t end) {
  context.program.kernels.quantize_q8().run({row, out, columns, begin / kQ8Group, end / kQ8Group});
}

void RmsNorm(const Step& step, const StepContext& context) {
  if (step.output.type.element != Element::kQ8) return ComputeRows(step, context);
  const size_t columns = step.output.type.columns;
  const Worker::Range share = context.worker.Share(RowCount(step.output, context));
  for (size_t row = share.begin; row < share.end; ++row) {
    RowTask task = RowTaskOf(step, context, row);
    task.output = context.scratch;
    ComputeRow(task);
    QuantizeBlock(context, task.output, Row(step.output, context, row), columns, 0, columns);
  }
}

void RopeAngles(const Step& step, const StepContext& context) {
  const auto& rope = std::get<RopeAttributes>(step.attributes);
  const size_t pairs = rope.frequencies.size();
  const Worker::Range share = context.worker.Share(RowCount(step.output, context));
  for (size_t token = share.begin; token < share.end; ++token) {
    const bool is_long = !rope.long_frequencies.empty() && IsLong(context.batch, token);
    float* angles = FloatRow(step.output, context, token);
    ComputeRopeAngles((is_long ? rope.long_frequencies : rope.frequencies).data(), pairs,
                      context.batch.positions[token], rope.magnitude, angles, angles + pairs);
  }
}

void Rope(const Step& step, const StepContext& context) {
  const auto& rope = std::get<RopeAttributes>(step.attributes);
  const RopeKernels& kernels = context.program.kernels.rope();
  const auto rotate = rope.pairs == RopePairs::kInterleaved ? kernels.interleaved : kernels.halves;
  const size_t pairs = rope.frequencies.size();
  const size_t heads = step.output.type.columns / rope.head_size;
  // By tokens and heads, so that one token alone is shared too.
  const Worker::Range share = context.worker.Share(RowCount(step.output, context) * heads);
  for (size_t i = share.begin; i < share.end;) {
    const size_t token = i / heads;
    const size_t end = std::min(share.end, (token + 1) * heads);
    const size_t offset = i % heads * rope.head_size;
    const float* angles = FloatRow(step.inputs[1], context, token);
    rotate({FloatRow(step.inputs[0], context, token) + offset,
            FloatRow(step.output, context, token) + offset, end - i, rope.head_size, pairs, angles,
            angles + pairs});
    i = end;
  }
}

void Glu(const Step& step, const StepContext& context) {
  const auto& a = std::get<ActivationAttributes>(step.attributes);
  const bool quantize = step.output.type.element == Element::kQ8;
  const size_t columns = step.output.type.columns;
  ForEachBlock(
      context, RowCount(step.output, context), columns, [&](size_t row, size_t begin, size_t end) {
        // Quantizing reads a row from its beginning, so the scratch row is laid out whole.
        float* out = quantize ? context.scratch : FloatRow(step.output, context, row);
        context.program.kernels.elementwise().glu({KindOf(a.activation), a.limit, a.offset,
                                                   FloatRow(step.inputs[0], context, row) + begin,
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

void MeanRows(const Step& step, const StepContext& context) {
  const Worker::Range share = context.worker.Share(step.output.type.columns, 16);
  for (const SequenceSlice& sequence : context.batch.sequences) {
    ingle::MeanRows({FloatRow(step.inputs[0], context, sequence.first_token),
                     FloatRow(step.output, context, sequence.first_token), step.output.type.columns,
                     sequence.tokens, share.begin, share.end});
  }
}

// Each worker takes some of the heads through all tokens: the tokens wait for each other.
void Recur(const Step& step, const StepContext& context) {
  const auto& attributes = std::get<RecurrentAttributes>(step.attributes);
  const size_t unit = step.op == Op::kShortConv ? 16 : 1;
  const Worker::Range share = context.worker.Share(attributes.heads, unit);
  for (const SequenceSlice& sequence : context.batch.sequences) {
    RecurrenceTask task{context.program.kernels.recurrent(), step.op, attributes};
    for (size_t i = 0; i < task.inputs.size(); ++i) {
      task.inputs[i] = {InputRow(step.inputs[i], context, sequence.first_token),
                        step.inputs[i].type.columns};
    }
    task.output = FloatRow(step.output, context, sequence.first_token);
    task.output_stride = step.output.type.columns;
    const uint64_t offset = context.program.cache.state_offsets[attributes.state];
    task.state = reinterpret_cast<float*>(sequence.state + offset);
    task.tokens = sequence.tokens;
    task.begin = share.begin;
    task.end = share.end;
    ComputeRecurrence(task);
  }
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
    case Op::kRopeAngles:
      return RopeAngles(step, context);
    case Op::kRope:
      return Rope(step, context);
    case Op::kGlu:
      return Glu(step, context);
    case Op::kSelectRows:
      return SelectRows(step, context);
    case Op::kMeanRows:
      return MeanRows(step, context);
    case Op::kQuantize:
      return Quantize(step, context);
    case Op::kCacheAppend:
      return CacheAppend(step, context);
    case Op::kAttend:
      return Attend(step, context);
    case Op::kExperts:
      return Experts(step, context);
    case Op::kMul:
    case Op::kScale:
    case Op::kLayerNorm:
    case Op::kActivate:
    case Op::kSlice:
    case Op::kConcat:
    case Op::kRescale:
    case Op::kBlend:
    case Op::kSparsify:
    case Op::kRoute:
    case Op::kMix:
      return ComputeRows(step, context);
    case Op::kShortConv:
    case Op::kSelectiveScan:
    case Op::kDeltaRule:
      return Recur(step, context);
    case Op::kInput:
    case Op::kWeight:
    case Op::kAttention:
      return;  // never steps of a program
  }
}

}  // namespace ingle
