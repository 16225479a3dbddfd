#include "files/npy.h"

#include "base/error.h"

namespace ingle {

std::string NpyHeader(uint64_t rows, uint64_t columns) {
  std::string text =
      Cat("{'descr': '<f4', 'fortran_order': False, 'shape': (", rows, ", ", columns, "), }");
  // Magic, version and length are ten bytes; data begins at a multiple of 64.
  constexpr size_t kPreamble = 10;
  constexpr size_t kAlignment = 64;
  const size_t unpadded = kPreamble + text.size() + 1;
  text.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  text += '\n';

  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(text.size() & 0xFF);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

}  // namespace ingle
