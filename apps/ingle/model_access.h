// From what a person calls a model to the model.
#pragma once

#include <memory>
#include <string>

#include "command.h"
#include "engine/engine.h"

namespace ingle {

// MODEL is a path or a name of the catalogue. A path (anything with a slash, or ending in .gguf) is
// used in place; a model of the catalogue is fetched first where it is not here yet. Otherwise
// fails with kNotFound, and lists what there is.
Result<std::string> FindModel(const std::string& model, const Context& context);

// What the settings ask of the engine.
EngineOptions EngineOptionsOf(const Settings& settings);

// For commands that look at a model without running it.
EngineOptions OptionsToLook();

// FindModel and Engine::Load.
Result<std::unique_ptr<Engine>> LoadModel(const std::string& model, const Context& context,
                                          const EngineOptions& options);

// Fails where out is the model's own file, which a result would replace.
Status RefuseToWriteOver(const std::string& model_path, const std::string& out);

// Where fetched models are.
class ModelStore;
ModelStore StoreOf(const Context& context);

}  // namespace ingle
