// What the fuzz targets of kernels of floats share: numbers, and how results are compared.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "kernel_fuzzing.h"
#include "kernels/kernel_testing.h"

namespace ingle {

using Floats = std::vector<float>;

inline constexpr double kUnit = 6e-8;  // what rounding does to a float, as a part of it

// ---- Numbers ----------------------------------------------------------------------------------

// Multiples of 1/32 from -4 to below 4: their products, and sums of a thousand of those, are exact.
inline Floats Coarse(FuzzedBytes& bytes, size_t count) {
  const auto raw = bytes.Repeated(count, 1 + bytes.Number(256));
  Floats values(count);
  for (size_t i = 0; i < count; ++i) {
    values[i] = static_cast<float>(std::to_integer<int>(raw[i]) - 128) / 32;
  }
  return values;
}

// As the unit tests have them.
inline Floats Normal(FuzzedBytes& bytes, size_t count) {
  return RandomFloats(count, static_cast<uint32_t>(bytes.Number(256)));
}

inline Floats CoarseOrNormal(FuzzedBytes& bytes, size_t count) {
  return bytes.Flag() ? Normal(bytes, count) : Coarse(bytes, count);
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

// What was written to an output, and nothing in front of it.
inline Floats Taken(const Placed<float>& output) {
  Check(output.intact());
  return {output.data(), output.data() + output.size()};
}

}  // namespace ingle
