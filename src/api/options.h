// The options of ingle.h, read: defaults where the caller gives none or is older than a field.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "engine/embed.h"
#include "engine/engine.h"
#include "engine/generate.h"
#include "ingle/ingle.h"

namespace ingle {

// options may be null.
Result<EngineOptions> ReadOptions(const ingle_model_options* options);
// Nothing where no draft model is named.
Result<std::optional<std::string>> ReadDraftPath(const ingle_model_options* options);
Result<EmbedOptions> ReadOptions(const ingle_embed_options* options);
// Those of the result that the session provides (turns, cancel, speculator) are left alone.
Result<GenerateOptions> ReadOptions(const ingle_generate_options* options);

}  // namespace ingle
