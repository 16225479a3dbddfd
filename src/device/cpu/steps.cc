#include "device/cpu/steps.h"

#include <algorithm>
#include <cstring>

#include "base/memory.h"
#include "device/cpu/attention_steps.h"
#include "device/cpu/expert_steps.h"
#include "device/cpu/operands.h"
#include "device/recurrence.h"
#include "device/rows.h"
#include "kernels/bf16_tiles.h"
#include "kernels/dequantize/dequantize.h"
#include "kernels/q8_rows.h"

namespace ingle {
namespace {

// The rows that this worker computes of a step that is split by rows: of a value of its own, all.
Worker::Range RowsOf(const Step& step, const StepContext& context) {
  const size_t rows = RowCount(step.output, context);
  if (step.output.place == Operand::Place::kOwn) return {0, rows};
  return context.worker.Share(rows);
}

// The columns that it computes of one that is split by columns.
Worker::Range ColumnsOf(const Step& step, const StepContext& context) {
  return context.part.Share(step.output.type.columns, kColumnGrain);
}

// Calls body(row, columns) for this worker's part of a step.
template <class Body>
void ForEachPart(const Step& step, const StepContext& context, const Body& body) {
  const bool by_rows = step.split == Split::kRows;
  const Worker::Range rows =
      by_rows ? RowsOf(step, context) : Worker::Range{0, RowCount(step.output, context)};
  const Worker::Range columns =
      by_rows ? Worker::Range{0, step.output.type.columns} : ColumnsOf(step, context);
  if (columns.begin == columns.end) return;
  for (size_t row = rows.begin; row < rows.end; ++row) body(row, columns);
}

void Embed(const Step& step, const StepContext& context) {
  const TensorView& table = step.inputs[1].weight;
  const auto& embed = std::get<EmbedAttributes>(step.attributes);
  const std::span<const int32_t> ids = step.inputs[0].place == Operand::Place::kPositions
                                           ? context.batch.positions
                                           : context.batch.tokens;
  const Worker::Range share = RowsOf(step, context);
  for (size_t t = share.begin; t < share.end; ++t) {
    DequantizeRow(table.type, table.row(EmbeddedRow(embed, table, ids[t])),
                  FloatRow(step.output, context, t), step.output.type.columns);
    const bool now = context.batch.positions[t] % kRowsBeforeGivingBack == 0;
    if (step.gives_back && now) ForgetMapped(table.data, table.bytes());
  }
}

// The products of some tokens, in the form that their input has, by a task for all.
void MultiplyTokens(const Step& step, const StepContext& context, MatMulTask task,
                    const Worker::Range& tokens, bool in_tiles) {
  const Operand& x = step.inputs[0];
  const MatMulKernel& kernel = context.program.kernels.matmul(step.inputs[1].weight.type);
  task.tokens = tokens.end - tokens.begin;
  if (task.tokens == 0) return;
  task.output += tokens.begin * task.output_stride;
  if (task.residual != nullptr) task.residual += tokens.begin * task.residual_stride;
  if (in_tiles) {
    task.input = Tiles(x, context);
    task.first_token = tokens.begin;
    return kernel.run_tiles(task);
  }
  task.input = Row(x, context, tokens.begin);
  kernel.run(task);
}

// This worker's part of a product, but for the input and the tokens.
MatMulTask ProductOf(const Step& step, const StepContext& context) {
  const Operand& x = step.inputs[0];
  const TensorView& weight = step.inputs[1].weight;
  MatMulTask task{};
  task.weights = weight.data;
  task.weight_row_bytes = weight.row_bytes();
  task.columns = x.type.columns;
  task.input_row_bytes = x.row_bytes;
  task.output = FloatRow(step.output, context, 0);
  task.output_stride = FloatStride(step.output);
  if (step.inputs[3]) {
    task.residual = FloatRow(step.inputs[3], context, 0);
    task.residual_stride = FloatStride(step.inputs[3]);
  }
  if (step.inputs[2]) task.bias = reinterpret_cast<const float*>(step.inputs[2].weight.data);
  const Worker::Range share = ColumnsOf(step, context);
  task.row_begin = share.begin;
  task.row_end = share.end;
  task.scratch = context.scratch;
  return task;
}

void MatMul(const Step& step, const StepContext& context) {
  const MatMulTask task = ProductOf(step, context);
  if (step.inputs[0].type.element != Element::kQ8OrTiles) {
    return MultiplyTokens(step, context, task, {0, RowCount(step.output, context)}, false);
  }
  ForEachRun(context.batch, [&](const Worker::Range& tokens, bool written) {
    MultiplyTokens(step, context, task, tokens, !written);
  });
}

// Row `row` of an input; of a weight, its only one.
const float* InputRow(const Operand& input, const StepContext& context, size_t row) {
  if (!input) return nullptr;
  if (input.place == Operand::Place::kWeight) {
    return reinterpret_cast<const float*>(input.weight.data);
  }
  return FloatRow(input, context, row);
}

// A row of activations in the form that products take, which is not f32.
void PutActivations(const Operand& to, const StepContext& context, size_t row, const float* x) {
  if (to.type.element == Element::kQ8OrTiles && !SequenceOf(context.batch, row).written) {
    std::byte* tiles = Tiles(to, context) + Bf16RowOffset(row, to.type.columns);
    return context.program.kernels.round_bf16().run({x, tiles, to.type.columns});
  }
  const size_t columns = to.type.columns / to.type.parts;
  std::byte* q8 = Row(to, context, row);
  for (size_t part = 0; part < to.type.parts; ++part) {
    context.program.kernels.quantize_q8().run(
        {x + part * columns, q8 + part * Q8RowBytes(columns), columns});
  }
}

// Some columns of a row. REQUIRES: all of them, or the operation is elementwise and gives floats.
void ComputePart(const Step& step, const StepContext& context, size_t row,
                 const Worker::Range& columns) {
  RowTask task{context.program.kernels, step.op, step.attributes};
  for (size_t i = 0; i < task.inputs.size(); ++i) {
    task.inputs[i] = InputRow(step.inputs[i], context, row);
    task.columns[i] = step.inputs[i].type.columns;
    if (step.split != Split::kColumns || task.inputs[i] == nullptr) continue;
    task.inputs[i] += columns.begin;
    task.columns[i] = columns.end - columns.begin;
  }
  task.output_columns = columns.end - columns.begin;
  task.scratch = context.scratch;
  if (step.output.type.element == Element::kF32) {
    task.output = FloatRow(step.output, context, row) + columns.begin;
    return ComputeRow(task);
  }
  task.output = context.scratch;
  ComputeRow(task);
  PutActivations(step.output, context, row, context.scratch);
}

void Compute(const Step& step, const StepContext& context) {
  ForEachPart(step, context, [&](size_t row, const Worker::Range& columns) {
    ComputePart(step, context, row, columns);
  });
}

// Two products and a kGlu: of tokens in tiles in one, of others one after the other.
void MultiplyGated(const Step& first, const Step& second, const Step& glu,
                   const StepContext& context) {
  const Operand& tiles = first.tiles;
  const bool gate_first = first.output.offset == glu.inputs[0].offset;
  const Step& gate = gate_first ? first : second;
  const Step& up = gate_first ? second : first;
  const ElementwiseKernels& elementwise = context.program.kernels.elementwise();
  const GatedProduct gated{
      up.inputs[1].weight.data, GluTaskOf(std::get<ActivationAttributes>(glu.attributes)),
      elementwise.glu, tiles ? Tiles(tiles, context) : nullptr, glu.output.type.columns};
  const Worker::Range columns = ColumnsOf(glu, context);
  if (columns.begin == columns.end) return;
  ForEachRun(context.batch, [&](const Worker::Range& tokens, bool written) {
    MatMulTask task = ProductOf(gate, context);
    if (!written) {
      task.gated = &gated;
      task.output = FloatRow(glu.output, context, 0);
      task.output_stride = FloatStride(glu.output);
      return MultiplyTokens(gate, context, task, tokens, true);
    }
    MultiplyTokens(gate, context, task, tokens, false);
    MultiplyTokens(up, context, ProductOf(up, context), tokens, false);
    for (size_t row = tokens.begin; row < tokens.end; ++row) {
      ComputePart(glu, context, row, columns);
    }
  });
}

void RopeAngles(const Step& step, const StepContext& context) {
  const auto& rope = std::get<RopeAttributes>(step.attributes);
  const size_t pairs = rope.frequencies.size();
  const Worker::Range share = RowsOf(step, context);
  for (size_t token = share.begin; token < share.end; ++token) {
    const bool is_long =
        !rope.long_frequencies.empty() && SequenceOf(context.batch, token).long_rope;
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
  const Worker::Range share = RowsOf(step, context);
  for (size_t token = share.begin; token < share.end; ++token) {
    const float* angles = FloatRow(step.inputs[1], context, token);
    rotate({FloatRow(step.inputs[0], context, token), FloatRow(step.output, context, token), heads,
            rope.head_size, pairs, angles, angles + pairs});
  }
}

void Quantize(const Step& step, const StepContext& context) {
  const Worker::Range share = RowsOf(step, context);
  for (size_t row = share.begin; row < share.end; ++row) {
    if (step.of_written && !SequenceOf(context.batch, row).written) continue;
    PutActivations(step.output, context, row, FloatRow(step.inputs[0], context, row));
  }
}

void SelectRows(const Step& step, const StepContext& context) {
  const Worker::Range share = RowsOf(step, context);
  for (size_t row = share.begin; row < share.end; ++row) {
    const auto from = static_cast<size_t>(context.batch.output_rows[row]);
    std::copy_n(FloatRow(step.inputs[0], context, from), step.output.type.columns,
                FloatRow(step.output, context, row));
  }
}

void MeanRows(const Step& step, const StepContext& context) {
  const Worker::Range share = ColumnsOf(step, context);
  for (const SequenceSlice& sequence : context.batch.sequences) {
    ingle::MeanRows({FloatRow(step.inputs[0], context, sequence.first_token),
                     FloatStride(step.inputs[0]),
                     FloatRow(step.output, context, sequence.first_token), FloatStride(step.output),
                     sequence.tokens, share.begin, share.end});
  }
}

// Each worker takes some of the heads through all tokens: the tokens wait for each other.
void Recur(const Step& step, const StepContext& context) {
  const auto& attributes = std::get<RecurrentAttributes>(step.attributes);
  const Worker::Range share = step.split == Split::kColumns
                                  ? context.part.Share(attributes.heads, kColumnGrain)
                                  : context.worker.Share(attributes.heads);
  for (const SequenceSlice& sequence : context.batch.sequences) {
    RecurrenceTask task{context.program.kernels.recurrent(), step.op, attributes};
    for (size_t i = 0; i < task.inputs.size(); ++i) {
      task.inputs[i] = {InputRow(step.inputs[i], context, sequence.first_token),
                        FloatStride(step.inputs[i])};
    }
    task.output = FloatRow(step.output, context, sequence.first_token);
    task.output_stride = FloatStride(step.output);
    const uint64_t offset = context.program.cache.state_offsets[attributes.state];
    task.state = reinterpret_cast<float*>(sequence.state + offset);
    task.tokens = sequence.tokens;
    task.begin = share.begin;
    task.end = share.end;
    ComputeRecurrence(task);
  }
}

// This worker's part of the step.
void RunStep(const Step& step, const StepContext& context) {
  switch (step.op) {
    case Op::kEmbed:
      return Embed(step, context);
    case Op::kMatMul:
      return MatMul(step, context);
    case Op::kRopeAngles:
      return RopeAngles(step, context);
    case Op::kRope:
      return Rope(step, context);
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
    case Op::kAdd:
    case Op::kMul:
    case Op::kScale:
    case Op::kRmsNorm:
    case Op::kLayerNorm:
    case Op::kActivate:
    case Op::kGlu:
    case Op::kSlice:
    case Op::kConcat:
    case Op::kRescale:
    case Op::kBlend:
    case Op::kSparsify:
    case Op::kRoute:
    case Op::kMix:
      return Compute(step, context);
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

}  // namespace

std::span<const Step> RunNext(std::span<const Step> steps, const StepContext& context) {
  if (steps[0].begins_gated) {
    MultiplyGated(steps[0], steps[1], steps[2], context);
    return steps.subspan(3);
  }
  RunStep(steps[0], context);
  return steps.subspan(1);
}

}  // namespace ingle
