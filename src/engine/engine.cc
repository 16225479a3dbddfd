#include "engine/engine.h"

#include <algorithm>
#include <cmath>

#include "compile/compile.h"
#include "device/cpu/cpu_device.h"
#include "device/reference/reference_device.h"
#include "engine/engine_state.h"
#include "engine/model_facts.h"

namespace ingle {

Status Engine::State::BuildModel(OpenedModel source) {
  name = source.name;
  checkpoint = std::move(source.checkpoint);
  auto built = ingle::BuildModel(*checkpoint);
  if (!built) return Fail(built.error());
  model = std::move(*built);
  model_info = std::move(source.info);
  model_info.architecture = checkpoint->architecture();
  model_info.layers = model.shape.layers;
  model_info.width = model.shape.width;
  model_info.heads = model.shape.heads;
  model_info.kv_heads = model.shape.kv_heads;
  model_info.vocabulary = model.shape.vocabulary;
  model_info.trained_context = model.shape.trained_context;
  return TakeTokenizer(source);
}

Status Engine::State::TakeTokenizer(OpenedModel& source) {
  tokenizer = std::move(source.tokenizer);
  // More rows than tokens is padding, which real files have; the other way round a prompt could
  // name a row that is not there.
  if (tokenizer->size() > model.shape.vocabulary) {
    return Fail(ErrorCode::kCorrupt, name, ": the tokenizer has ", tokenizer->size(),
                " tokens, but the tensor 'token_embd.weight' only ", model.shape.vocabulary,
                " rows");
  }
  if (source.chat_template.empty()) return {};
  auto parsed = ChatTemplate::Parse(source.chat_template);
  if (parsed) {
    chat_template = std::move(*parsed);
  } else {
    template_error = parsed.error().In(Cat(name, ": ", source.chat_template_field));
  }
  return {};
}

Status Engine::State::MakeDevice(const EngineOptions& options) {
  const int threads = options.threads > 0 ? options.threads : UsableProcessors();
  pool = std::make_unique<WorkerPool>(threads);
  info.threads = pool->size();
  info.context = options.context > 0 ? options.context : model.shape.trained_context;
  const uint32_t longest = model.shape.longest_context;
  if (longest > 0 && info.context > longest) {
    return Fail(ErrorCode::kTooLarge, "a context of ", info.context,
                " tokens; the model has positions for ", longest);
  }
  info.weight_bytes = WeightBytes(model.graph);
  batch_tokens = std::min(std::max(options.batch_tokens, 1u), info.context);
  info.batch_tokens = batch_tokens;

  if (options.device == DeviceKind::kReference) {
    device = MakeReferenceDevice(model.graph, *pool);
    info.device = "reference";
  } else {
    const DType cache_type = options.cache_type.value_or(DefaultCacheType(model.graph));
    program = Compile(model.graph, {KernelSet(), batch_tokens, cache_type});
    auto made = MakeCpuDevice(*program, *pool);
    if (!made) return Fail(made.error());
    device = std::move(*made);
    info.device = Cat("cpu (", ToString(UsableCpuFeatures()), ")");
    info.activation_bytes = program->arena_bytes;
  }
  cache = std::make_unique<KvCache>(device->cache(), options.cache_bytes);
  info.cache_type = device->cache().type;
  info.cache_bytes_per_token = device->cache().page_bytes / device->cache().page_tokens;
  info.state_bytes = device->cache().state_bytes;
  long_context = LongContext(model.graph);
  return {};
}

// Numbers that are none come from weights that are none, or from values that outgrew a float.
Status Engine::State::CheckLogits(std::span<const float> row) const {
  const bool broken = std::any_of(row.begin(), row.end(), [](float x) { return std::isnan(x); });
  if (!broken) return {};
  const std::optional<std::string> tensor = FindBrokenTensor(model.graph);
  if (tensor) {
    return Fail(ErrorCode::kCorrupt, name, ": tensor ", Quote(*tensor),
                " holds values that are not numbers");
  }
  return Fail(ErrorCode::kCorrupt, name,
              ": the model's answer is not a number, though its weights are: values overflow");
}

namespace {

Status CheckOptions(const EngineOptions& options) {
  constexpr int kMostThreads = 1024;
  if (options.threads < 0 || options.threads > kMostThreads) {
    return Fail(ErrorCode::kInvalidArgument, options.threads, " threads; 1 to ", kMostThreads,
                " make sense, 0 chooses");
  }
  if (options.batch_tokens > (1u << 16)) {
    return Fail(ErrorCode::kInvalidArgument, "a batch of ", options.batch_tokens,
                " tokens; at most ", 1u << 16, " are possible");
  }
  if (options.context > (1u << 28)) {
    return Fail(ErrorCode::kInvalidArgument, "a context of ", options.context, " tokens; at most ",
                1u << 28, " are possible");
  }
  if (options.cache_type && *options.cache_type != DType::kF16 &&
      *options.cache_type != DType::kF32) {
    return Fail(ErrorCode::kUnsupported, "a cache of type ", Name(*options.cache_type),
                "; F16 and F32 are possible");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::Load(const std::string& path,
                                             const EngineOptions& options) {
  if (const Status checked = CheckOptions(options); !checked) return Fail(checked.error());
  auto source = OpenModel(path);
  if (!source) return Fail(source.error());
  return Start(*std::move(source), options);
}

Result<std::unique_ptr<Engine>> Engine::Load(std::shared_ptr<const ByteSource> source,
                                             const EngineOptions& options) {
  if (const Status checked = CheckOptions(options); !checked) return Fail(checked.error());
  auto opened = OpenModel(std::move(source));
  if (!opened) return Fail(opened.error());
  return Start(*std::move(opened), options);
}

Result<std::unique_ptr<Engine>> Engine::Start(OpenedModel source, const EngineOptions& options) {
  auto state = std::make_unique<State>();
  if (const Status built = state->BuildModel(std::move(source)); !built) {
    return Fail(built.error());
  }
  if (const Status made = state->MakeDevice(options); !made) {
    return Fail(made.error(), state->name);
  }
  return std::unique_ptr<Engine>(new Engine(std::move(state)));
}

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::~Engine() = default;

const ModelInfo& Engine::model_info() const { return state_->model_info; }
const EngineInfo& Engine::info() const { return state_->info; }
const Tokenizer& Engine::tokenizer() const { return *state_->tokenizer; }
const ChatTemplate* Engine::chat_template() const {
  return state_->chat_template ? &*state_->chat_template : nullptr;
}
const std::optional<Error>& Engine::template_error() const { return state_->template_error; }
const Graph& Engine::graph() const { return state_->model.graph; }
const Program* Engine::program() const { return state_->program ? &*state_->program : nullptr; }

std::unique_ptr<Session> Engine::NewSession() {
  return std::unique_ptr<Session>(new Session(*this));
}

// Memory for what the session is about to remember.
Status Engine::State::PrepareSession(Session& session, SequenceSlice& slice) {
  const size_t pages = cache->PagesFor(uint64_t{slice.position} + slice.tokens);
  if (const Status grown = cache->Grow(session.pages_, pages); !grown) return grown;
  if (const Status made = session.state_.Prepare(); !made) return made;
  slice.pages = session.pages_;
  slice.state = session.state_.block();
  slice.long_rope = session.long_rope_;
  return {};
}

Status Engine::State::Execute(std::span<const StepItem> items, StepPlan& plan) {
  for (size_t i = 0; i < items.size(); ++i) {
    Session& session = *items[i].session;
    if (const Status ready = PrepareSession(session, plan.sequences[i]); !ready) return ready;
  }
  for (const StepItem& item : items) {
    item.session->state_.BeforeStep(item.session->length(), item.tokens.size());
  }
  const size_t vocabulary = model.shape.vocabulary;
  logits.resize(plan.output_rows.size() * vocabulary);
  const Status executed =
      device->Execute({plan.tokens, plan.positions, plan.output_rows, plan.sequences, logits});
  if (!executed || logits.empty()) return executed;
  return CheckLogits(std::span<const float>(logits).last(vocabulary));
}

// A sequence that outgrows LongRoPE's short frequencies is computed anew with the long ones.
Status Engine::TurnLong(Session& session) {
  const std::vector<TokenId> tokens = std::move(session.tokens_);
  session.Forget();
  session.long_rope_ = true;
  for (size_t at = 0; at < tokens.size(); at += state_->batch_tokens) {
    const size_t count = std::min<size_t>(state_->batch_tokens, tokens.size() - at);
    const StepItem part{&session, std::span(tokens).subspan(at, count), StepItem::Logits::kNone};
    if (const auto done = Step({&part, 1}); !done) return Fail(done.error());
  }
  return {};
}

Result<std::span<const float>> Engine::Step(std::span<const StepItem> items) {
  State& s = *state_;
  const StepLimits limits{s.batch_tokens, s.info.context, s.model.shape.vocabulary};
  auto plan = PlanStep(items, limits);
  if (!plan) return Fail(plan.error());
  for (const StepItem& item : items) {
    Session& session = *item.session;
    const size_t length = session.tokens_.size() + item.tokens.size();
    if (s.long_context == 0 || session.long_rope_ || length <= s.long_context) continue;
    if (const Status turned = TurnLong(session); !turned) return Fail(turned.error());
  }

  if (const Status executed = s.Execute(items, *plan); !executed) {
    for (const StepItem& item : items) item.session->Undo();
    return Fail(executed.error());
  }
  for (const StepItem& item : items) {
    std::vector<TokenId>& tokens = item.session->tokens_;
    tokens.insert(tokens.end(), item.tokens.begin(), item.tokens.end());
  }
  return std::span<const float>(s.logits);
}

Result<std::span<const float>> Engine::Prefill(Session& session, std::span<const TokenId> tokens) {
  while (tokens.size() > state_->batch_tokens) {
    const StepItem part{&session, tokens.first(state_->batch_tokens), StepItem::Logits::kNone};
    const auto done = Step({&part, 1});
    if (!done) return done;
    tokens = tokens.subspan(state_->batch_tokens);
  }
  const StepItem rest{&session, tokens, StepItem::Logits::kLast};
  return Step({&rest, 1});
}

Session::Session(Engine& engine)
    : engine_(engine), state_(engine.state_->device->cache().state_bytes) {}
Session::~Session() { Forget(); }

uint32_t Session::Truncate(uint32_t length) {
  if (length >= tokens_.size()) return this->length();
  const bool turns_short = long_rope_ && length <= engine_.state_->long_context;
  length = state_.Rewind(turns_short ? 0 : length);
  if (turns_short) length = 0;
  tokens_.resize(length);
  if (length == 0) long_rope_ = false;
  KvCache& cache = *engine_.state_->cache;
  cache.Shrink(pages_, cache.PagesFor(tokens_.size()));
  return length;
}

void Session::Forget() {
  tokens_.clear();
  Undo();
  long_rope_ = false;
}

// After a step that failed, whose tokens the state may have taken in.
void Session::Undo() {
  tokens_.resize(state_.Rewind(length()));
  KvCache& cache = *engine_.state_->cache;
  cache.Shrink(pages_, cache.PagesFor(tokens_.size()));
}

}  // namespace ingle
