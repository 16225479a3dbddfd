// ingle_model: loading, and what a model tells of itself.
#include "api/handles.h"
#include "api/options.h"
#include "api/status.h"
#include "base/memory.h"
#include "engine/draft_model.h"

using namespace ingle;

extern "C" {

ingle_status ingle_model_load(const char* path, const ingle_model_options* options,
                              ingle_model** model) {
  return Guarded([&]() -> Status {
    if (const Status status = RequireNotNull(path, "path"); !status) return status;
    if (const Status status = RequireNotNull(model, "model"); !status) return status;
    const auto read = ReadOptions(options);
    if (!read) return Fail(read.error());
    const uint64_t available = AvailableMemory().value_or(kAvailableMemory);
    auto engine = Engine::Load(path, *read);
    if (!engine) return Fail(engine.error());

    auto loaded = std::make_shared<LoadedModel>();
    loaded->engine = std::move(*engine);
    const auto draft = ReadDraftPath(options);
    if (!draft) return Fail(draft.error());
    if (*draft) {
      auto guesser = Engine::Load(**draft, DraftOptions(*loaded->engine, *read, available));
      if (!guesser) return Fail(guesser.error(), "draft");
      if (const Status fits = CheckDraftModel(*loaded->engine, **guesser); !fits) return fits;
      loaded->draft = *std::move(guesser);
    }
    *model = new ingle_model{std::move(loaded)};
    return {};
  });
}

void ingle_model_free(ingle_model* model) { delete model; }

uint32_t ingle_model_context(const ingle_model* model) {
  return model == nullptr ? 0 : model->loaded->engine->info().context;
}

uint32_t ingle_model_vocabulary(const ingle_model* model) {
  return model == nullptr ? 0 : model->loaded->engine->model_info().vocabulary;
}

const char* ingle_model_architecture(const ingle_model* model) {
  return model == nullptr ? "" : model->loaded->engine->model_info().architecture.c_str();
}

const char* ingle_model_name(const ingle_model* model) {
  return model == nullptr ? "" : model->loaded->engine->model_info().name.c_str();
}

}  // extern "C"
