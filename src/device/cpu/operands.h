// Where a step's values are, and which of its tokens are of a kind.
#pragma once

#include "device/cpu/steps.h"

namespace ingle {

inline size_t RowCount(const Operand& operand, const StepContext& context) {
  return operand.type.rows == Rows::kOutputs ? context.batch.output_rows.size()
                                             : context.batch.tokens.size();
}

// The value's memory. REQUIRES: it is in the arena, the worker's own or is the logits.
inline std::byte* Memory(const Operand& operand, const StepContext& context) {
  if (operand.place == Operand::Place::kLogits) {
    return reinterpret_cast<std::byte*>(context.batch.logits.data());
  }
  const bool own = operand.place == Operand::Place::kOwn;
  return (own ? context.own : context.arena) + operand.offset;
}

inline std::byte* Row(const Operand& operand, const StepContext& context, size_t row) {
  return Memory(operand, context) + row * operand.row_bytes;
}

// Of kQ8OrTiles.
inline std::byte* Tiles(const Operand& operand, const StepContext& context) {
  return Memory(operand, context) + operand.tiles;
}

// Of floats, from one row to the next.
inline size_t FloatStride(const Operand& operand) { return operand.row_bytes / sizeof(float); }

// Calls body(tokens, written) for those of neighbouring sequences that are all written, or all
// read.
template <class Body>
void ForEachRun(const Batch& batch, const Body& body) {
  size_t begin = 0;
  for (size_t i = 0; i < batch.sequences.size(); ++i) {
    const SequenceSlice& sequence = batch.sequences[i];
    const size_t end = size_t{sequence.first_token} + sequence.tokens;
    const bool is_last = i + 1 == batch.sequences.size();
    if (!is_last && batch.sequences[i + 1].written == sequence.written) continue;
    body(Worker::Range{begin, end}, sequence.written);
    begin = end;
  }
}

inline float* FloatRow(const Operand& operand, const StepContext& context, size_t row) {
  return reinterpret_cast<float*>(Row(operand, context, row));
}

}  // namespace ingle
