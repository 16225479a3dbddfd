// From what a person calls a model to the model.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "command.h"
#include "engine/engine.h"
#include "store/kept_model.h"

namespace ingle {

class ModelStore;

// MODEL is a model of a hub (hf.co/...), another program's (ollama/..., lmstudio/...), a path
// (anything else with a slash, or ending in .gguf), or a name of the catalogue. Nothing when it is
// one that could be fetched and is not here; otherwise fails with kNotFound, and lists what there
// is. Of a model in Ingle's store, keeper is "Ingle".
Result<std::optional<KeptModel>> FindHere(const std::string& model, const Context& context);

// The path of the model, fetched first where it is not here yet.
Result<std::string> FindModel(const std::string& model, const Context& context);

// What the settings ask of the engine, with the memory that there is as its limit.
EngineOptions EngineOptionsOf(const Context& context);

// For commands that look at a model without running it.
EngineOptions OptionsToLook();

// FindModel and Engine::Load, and UseTuning where no number of threads was asked for. Where the
// model does not fit memory, the error's first line says so and which of the command's flags would
// help, and the others are the table of `ingle fit`.
Result<std::unique_ptr<Engine>> LoadModel(const std::string& model, const Context& context,
                                          const EngineOptions& options);
// The same of a path, without UseTuning. Where weights could not be kept, a remark tells why, once.
Result<std::unique_ptr<Engine>> LoadFile(const std::string& path, const Context& context,
                                         const EngineOptions& options);

// Has the engine use as many threads as `ingle tune` found to suit the model; where nothing was
// found yet, there are four processors or more, and a step may be long enough, measures and keeps
// it. Does nothing where the setting `tune` is off.
void UseTuning(Engine& engine, const Context& context);

// The model that the setting `draft` names, to guess for engine: null where there is none.
// available: memory before engine was loaded. Fails as LoadModel and CheckDraftModel do.
Result<std::unique_ptr<Engine>> LoadDraftModel(const Engine& engine, const Context& context,
                                               uint64_t available);

// Fails where out is the model's own file, which a result would replace.
Status RefuseToWriteOver(const std::string& model_path, const std::string& out);

// Where fetched models are.
ModelStore StoreOf(const Context& context);

}  // namespace ingle
