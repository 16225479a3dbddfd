#include "model_access.h"

#include <algorithm>
#include <filesystem>

#include "base/memory.h"
#include "engine/draft_model.h"
#include "files/file_io.h"
#include "memory_report.h"
#include "store/catalogue.h"
#include "store/hub_pull.h"
#include "store/hub_store.h"
#include "store/hugging_face_cache.h"
#include "store/other_programs.h"
#include "terminal/output.h"
#include "terminal/units.h"

namespace ingle {
namespace {

// A checkpoint's folder. Its parts are looked for where it is opened.
bool IsFolder(const std::string& model) {
  std::error_code ignored;
  return std::filesystem::is_directory(model, ignored);
}

bool LooksLikePath(const std::string& model) {
  return model.find('/') != std::string::npos || model.ends_with(".gguf");
}

Error NoSuchModel(const std::string& model, const Catalogue& catalogue) {
  std::string names;
  for (const CatalogueEntry& entry : catalogue.entries()) {
    names += Cat(names.empty() ? "" : ", ", entry.name);
  }
  const bool is_prompt = model.find(' ') != std::string::npos;
  std::string hint = "; 'ingle list' tells more and 'ingle pull NAME' fetches one";
  if (is_prompt) hint = "; a prompt stands behind the model";
  std::error_code ignored;
  if (std::filesystem::exists(model, ignored)) hint = Cat("; the one in this folder is ./", model);
  return Error(ErrorCode::kNotFound, Cat("there is no model ", Quote(model),
                                         " in the catalogue, which has ", names, hint));
}

// Of what the store has: nothing more is known than where it is.
KeptModel Fetched(const std::string& name, const std::string& path) {
  return {name, path, 0, "Ingle", Cat("'ingle rm ", name, "'")};
}

Result<std::optional<KeptModel>> FindOfHub(const std::string& model, const Context& context) {
  const Result<HubReference> reference = ParseHubReference(model);
  if (!reference) return Fail(reference.error());
  if (const auto path = FindInStore(*reference, StoreOf(context))) {
    return Fetched(reference->whole(), *path);
  }
  return FindInHubCache(*reference, context.paths.hub_cache);
}

Result<std::optional<KeptModel>> FindPath(const std::string& model) {
  KeptModel found{model, model, 0, "", ""};
  if (IsFolder(model)) return found;
  const Result<uint64_t> size = FileSize(model);
  if (!size && size.error().code() == ErrorCode::kNotFound && !model.ends_with(".gguf") &&
      ParseHubReference("hf.co/" + model)) {
    return Fail(ErrorCode::kNotFound, size.error().message(), "; on the hub it would be hf.co/",
                model);
  }
  if (!size) return Fail(size.error());
  found.bytes = *size;
  return found;
}

Result<std::string> Fetch(const std::string& model, const Context& context) {
  const PullOptions options{context.settings.quiet, context.settings.offline};
  if (IsHubReference(model)) {
    const Result<HubReference> reference = ParseHubReference(model);
    if (!reference) return Fail(reference.error());
    return PullFromHub(*reference, context.paths, StoreOf(context), options);
  }
  const Result<Catalogue> catalogue = Catalogue::Load(context.paths);
  if (!catalogue) return Fail(catalogue.error());
  return Pull(*catalogue->Find(model), StoreOf(context), options);
}

}  // namespace

ModelStore StoreOf(const Context& context) { return ModelStore(context.paths.models); }

Result<std::optional<KeptModel>> FindHere(const std::string& model, const Context& context) {
  if (IsHubReference(model)) return FindOfHub(model, context);
  if (IsNameOfOthers(model)) {
    Result<KeptModel> kept = FindOfOthers(model, context.paths);
    if (!kept) return Fail(kept.error());
    return *std::move(kept);
  }
  if (LooksLikePath(model)) return FindPath(model);
  const Result<Catalogue> catalogue = Catalogue::Load(context.paths);
  if (!catalogue) return Fail(catalogue.error());
  const CatalogueEntry* entry = catalogue->Find(model);
  if (entry == nullptr) return tl::unexpected(NoSuchModel(model, *catalogue));
  const ModelStore store = StoreOf(context);
  const Result<bool> held = store.Holds(*entry);
  if (!held) return Fail(held.error());
  if (!*held) return std::optional<KeptModel>();
  return Fetched(model, store.FileOf(*entry));
}

Result<std::string> FindModel(const std::string& model, const Context& context) {
  const Result<std::optional<KeptModel>> here = FindHere(model, context);
  if (!here) return Fail(here.error());
  return *here ? (*here)->path : Fetch(model, context);
}

EngineOptions EngineOptionsOf(const Context& context) {
  const Settings& settings = context.settings;
  EngineOptions options;
  options.device = settings.device == "reference" ? DeviceKind::kReference : DeviceKind::kCpu;
  options.threads = settings.threads;
  options.context = static_cast<uint32_t>(settings.ctx_size);
  options.batch_tokens = static_cast<uint32_t>(settings.batch_size);
  options.cache_type = DTypeFromName(settings.cache_type);  // none of "auto"
  if (settings.keep_panels) options.panel_directory = context.paths.panels;
  options.fit_context = settings.fit_context;
  if (settings.check_memory || settings.fit_context) options.memory_limit = kAvailableMemory;
  return options;
}

EngineOptions OptionsToLook() {
  EngineOptions options;
  options.threads = 1;
  options.only_look = true;
  return options;
}

Status RefuseToWriteOver(const std::string& model_path, const std::string& out) {
  std::error_code ignored;
  if (!std::filesystem::equivalent(model_path, out, ignored)) return {};
  return Fail(ErrorCode::kInvalidArgument, out, " is the model: name another file to write");
}

namespace {

// Once: several models that are loaded meet the same folder.
void TellWhyNotKept(const EngineInfo& info) {
  static bool told = false;
  if (!info.panel_trouble || told) return;
  told = true;
  Note(Cat(info.panel_trouble->message(), "; until it can be written, each start lays the weights ",
           "out in memory, which the setting keep_panels = false does without this remark"));
}

void TellContext(const Engine& engine, const EngineOptions& options) {
  const uint32_t wanted =
      options.context > 0 ? options.context : engine.model_info().trained_context;
  const uint32_t context = engine.info().context;
  if (!options.fit_context || context >= wanted) return;
  Note(Cat("a context of ", Grouped(wanted), " tokens does not fit memory; this one is of ",
           Grouped(context)));
}

}  // namespace

// Where there are few processors a measurement that something else disturbs costs more than a good
// one gains.
void UseTuning(Engine& engine, const Context& context) {
  constexpr int kWorthMeasuring = 4;
  if (!context.settings.tune) return;
  const EngineInfo& info = engine.info();
  if (const std::optional<Tuning> kept = KeptTuning(context.paths.tunings, engine)) {
    engine.SetTuning(*kept);
  } else if (info.threads >= kWorthMeasuring &&
             std::min(info.context, info.batch_tokens) >= kTuningTokens) {
    const Result<TuningReport> found = Tune(engine);
    // Without a file it is measured again the next time, that is all.
    if (found) (void)KeepTuning(context.paths.tunings, engine, found->chosen);
  }
}

Result<std::unique_ptr<Engine>> LoadModel(const std::string& model, const Context& context,
                                          const EngineOptions& options) {
  const Result<std::string> path = FindModel(model, context);
  if (!path) return Fail(path.error());
  Result<std::unique_ptr<Engine>> engine = LoadFile(*path, context, options);
  const bool chosen = options.threads > 0 || options.only_look;
  if (engine && !chosen) UseTuning(**engine, context);
  return engine;
}

Result<std::unique_ptr<Engine>> LoadFile(const std::string& path, const Context& context,
                                         const EngineOptions& options) {
  auto engine = Engine::Load(path, options);
  if (engine) {
    TellWhyNotKept((*engine)->info());
    TellContext(**engine, options);
  }
  if (engine || engine.error().code() != ErrorCode::kOutOfMemory || options.only_look) {
    return engine;
  }
  EngineOptions looking = options;
  looking.only_look = true;
  looking.memory_limit.reset();
  const auto looked = Engine::Load(path, looking);
  if (!looked) return engine;
  std::optional<uint64_t> available = AvailableMemory();
  if (options.memory_limit) {
    available = std::min(available.value_or(kAvailableMemory), *options.memory_limit);
  }
  const MemoryReport report = ReportMemory(**looked, options.sequences, available);
  if (report.fits()) return engine;
  const bool tried = !options.memory_limit;
  return Fail(ErrorCode::kOutOfMemory, Refusal(report, *context.flags, tried), "\n",
              TableOf(report));
}

Result<std::unique_ptr<Engine>> LoadDraftModel(const Engine& engine, const Context& context,
                                               uint64_t available) {
  const std::string& name = context.settings.draft;
  if (name.empty()) return nullptr;
  EngineOptions options = DraftOptions(engine, EngineOptionsOf(context), available);
  auto draft = LoadModel(name, context, options);
  if (!draft && draft.error().code() == ErrorCode::kTooLarge) {
    options.context = 0;  // it has fewer positions, and guesses as far as they go
    draft = LoadModel(name, context, options);
  }
  if (!draft) return Fail(draft.error(), "--draft ", name);
  const Status fits = CheckDraftModel(engine, **draft);
  if (!fits) return Fail(fits.error());
  return draft;
}

}  // namespace ingle
