// Where a worker keeps the rows of some tokens that share an expert.
#pragma once

#include <cstdint>

namespace ingle {

// Tokens that one pass over an expert's weights serves: as many as kernels unpack weights once for.
inline constexpr uint64_t kExpertTokens = 64;

// Offsets in floats. Rows of an input are f32, or Q8 in no more room.
struct ExpertScratch {
  // kernel_floats: those that the product's kernel wants for itself.
  ExpertScratch(uint64_t rows, uint64_t columns, uint64_t kernel_floats)
      : kernel(0),
        input_row(Padded(columns)),
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
