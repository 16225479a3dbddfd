// The JSON header of a safetensors file, as it stands there. What it claims about the data is
// checked by SafetensorsFile, not here.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "tensor/shape.h"

namespace ingle {

struct SafetensorsEntry {
  std::string name;
  std::string type;
  Shape shape;
  uint64_t begin = 0;  // of the data, from the end of the header
  uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<std::pair<std::string, std::string>> metadata;  // in the order of the file
  std::vector<SafetensorsEntry> entries;
};

// Fails with kCorrupt for a text that is not such a header, in a message that begins with `name`.
// Memory: in proportion to the text.
Result<SafetensorsHeader> ParseSafetensorsHeader(std::string_view name, std::string_view text);

}  // namespace ingle
