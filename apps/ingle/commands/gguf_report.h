// What a GGUF file holds, for people and for programs.
#pragma once

#include <string>

#include "formats/gguf/gguf_file.h"
#include "json_output.h"

namespace ingle {

// Metadata one line a key, long arrays and strings cut; then a count of tensors by type, or with
// every_tensor a line each.
void PrintGguf(const GgufFile& file, bool every_tensor);

// Everything; arrays of more than a few elements are told by type, count and their first ones
// unless whole_arrays.
Json GgufJson(const GgufFile& file, bool whole_arrays);

}  // namespace ingle
