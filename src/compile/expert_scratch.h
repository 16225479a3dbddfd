// Where a worker keeps the rows of some tokens that share an expert.
#pragma once

#include <cstdint>

namespace ingle {

// Tokens that one pass over an expert's weights serves.
inline constexpr uint64_t kExpertTokens = 8;

// Offsets in floats. Rows of an input are f32, or Q8 in no more room.
struct ExpertScratch {
  ExpertScratch(uint64_t rows, uint64_t columns)
      : decoded(0),
        input_row(Padded(columns)),
        inputs(Padded(columns)),
        outputs(inputs + kExpertTokens * input_row),
        floats(outputs + kExpertTokens * Padded(rows)) {}

  uint64_t decoded;    // one row of weights
  uint64_t input_row;  // from one row to the next
  uint64_t inputs;     // [kExpertTokens]
  uint64_t outputs;    // [kExpertTokens, rows]
  uint64_t floats;     // of all

 private:
  static uint64_t Padded(uint64_t floats) { return (floats + 15) / 16 * 16; }
};

}  // namespace ingle
