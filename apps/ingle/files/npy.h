// NumPy's array file, version 1.0 (numpy.org/devdocs/reference/generated/numpy.lib.format.html).
#pragma once

#include <cstdint>
#include <string>

namespace ingle {

// What stands before rows * columns little-endian floats in row-major order.
std::string NpyHeader(uint64_t rows, uint64_t columns);

}  // namespace ingle
