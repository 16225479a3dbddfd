// quant_tool decode|encode TYPE IN OUT: a file of stored blocks to floats, or back. Only for
// tests/goldens/make_quant_goldens.py, which compares the result with another implementation's.
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "kernels/dequantize/dequantize.h"
#include "kernels/quantize/quantize.h"

int main(int argc, char** argv) {
  using namespace ingle;
  const auto type = argc == 5 ? DTypeFromName(argv[2]) : std::nullopt;
  if (!type) {
    std::fputs("usage: quant_tool decode|encode TYPE IN OUT\n", stderr);
    return 2;
  }
  std::ifstream in(argv[3], std::ios::binary);
  const std::vector<char> bytes(std::istreambuf_iterator<char>(in), {});
  std::ofstream out(argv[4], std::ios::binary);
  const auto write = [&out](const auto& values) {
    out.write(reinterpret_cast<const char*>(values.data()),
              static_cast<std::streamsize>(values.size() * sizeof(values[0])));
  };
  if (std::string(argv[1]) == "decode") {
    std::vector<float> floats(bytes.size() / Info(*type).block_bytes * Info(*type).block_elements);
    DequantizeRow(*type, reinterpret_cast<const std::byte*>(bytes.data()), floats.data(),
                  floats.size());
    write(floats);
  } else {
    std::vector<float> floats(bytes.size() / sizeof(float));
    std::memcpy(floats.data(), bytes.data(), floats.size() * sizeof(float));
    std::vector<std::byte> encoded(RowBytes(*type, floats.size()));
    QuantizeRow(*type, floats.data(), encoded.data(), floats.size());
    write(encoded);
  }
  return out.flush() ? 0 : 1;
}
