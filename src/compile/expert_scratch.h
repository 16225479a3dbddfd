// Where a worker keeps the rows of some tokens that share an expert.
#pragma once

#include <cstdint>

#include "compile/program.h"
#include "kernels/matmul/amx_scratch.h"

namespace ingle {

// Tokens that one pass over an expert's weights serves: as many as AMX multiplies while it unpacks
// them. Few experts have more of a step.
inline constexpr uint64_t kExpertTokens = kAmxTokensAtOnce;

// Bytes of an expert's input, f32 or Q8: a row of the step's, or one of its k parts. In tiles it
// takes no more than as Q8.
inline uint64_t ExpertInputBytes(const Step& step) {
  const auto& experts = std::get<ExpertsAttributes>(step.attributes);
  const Operand& input = step.inputs[0];
  const bool floats = input.type.element == Element::kF32;
  const uint64_t row_bytes = floats ? input.type.columns * sizeof(float) : input.row_bytes;
  return row_bytes / (experts.own_inputs ? experts.k : 1);
}

// Offsets in floats.
struct ExpertScratch {
  // input_floats: those that a row of an input fills, f32 or Q8. kernel_floats: those that the
  // product's kernel wants for itself.
  ExpertScratch(uint64_t rows, uint64_t input_floats, uint64_t kernel_floats)
      : kernel(0),
        input_row(Padded(input_floats)),
        inputs(Padded(kernel_floats)),
        outputs(inputs + kExpertTokens * input_row),
        floats(outputs + kExpertTokens * Padded(rows)) {}

  uint64_t kernel;     // the kernel's own
  uint64_t input_row;  // from one row to the next
  uint64_t inputs;     // [kExpertTokens]
  uint64_t outputs;    // [kExpertTokens, rows]
  uint64_t floats;     // of all

 private:
  static uint64_t Padded(uint64_t floats) { return (floats + 15) / 16 * 16; }
};

}  // namespace ingle
