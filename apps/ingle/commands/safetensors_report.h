// What `ingle inspect` tells of a checkpoint.
#pragma once

#include "formats/safetensors/safetensors_file.h"
#include "json_output.h"

namespace ingle {

// config: the contents of config.json; null where there is none.
void PrintSafetensors(const SafetensorsFile& file, const Json& config, bool every_tensor);
Json SafetensorsJson(const SafetensorsFile& file, const Json& config);

}  // namespace ingle
