#include "engine/engine.h"

#include <algorithm>

#include "engine/engine_state.h"
#include "engine/model_facts.h"
#include "engine/only_packed.h"

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
  model_info.task = model.shape.task;
  model_info.answer_columns =
      static_cast<uint32_t>(model.graph.node(model.graph.output()).type.columns);
  model_info.labels = std::move(model.labels);
  model_info.whole_text = model.shape.whole_text;
  model_info.start_token = model.shape.start_token;
  const Pooling usual = model.shape.whole_text ? Pooling::kMean : Pooling::kLast;
  model_info.pooling = source.modules.pooling.value_or(usual);
  model_info.longest_text = source.modules.longest_text;
  model_info.embed_error = source.modules.error;
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

Status Engine::State::ChooseContext(const EngineOptions& options) {
  info.context = options.context > 0 ? options.context : model.shape.trained_context;
  const uint32_t longest = model.shape.longest_context;
  if (longest > 0 && info.context > longest) {
    return Fail(ErrorCode::kTooLarge, "a context of ", info.context,
                " tokens; the model has positions for ", longest);
  }
  batch_tokens_wanted = options.batch_tokens;
  sequences_wanted = options.sequences;
  return {};
}

// For a context that is chosen.
void Engine::State::PlanExecutors() {
  const StepSizes sizes = SizesFor(info.context, sequences_wanted);
  info.batch_tokens = sizes.batch_tokens;
  answers = PlanExecutor(model.graph, {device_kind, sizes.batch_tokens, info.cache_type});
  if (answers->program) info.activation_bytes = answers->program->arena_bytes;
  if (!model.encoder) return;
  encoder = PlanExecutor(*model.encoder, {device_kind, sizes.source_tokens, info.cache_type});
  if (encoder->program) info.activation_bytes += encoder->program->arena_bytes;
}

// Those that are laid out anew.
std::vector<TensorView> Engine::State::PanelMatrices() const {
  if (device_kind != DeviceKind::kCpu) return {};
  return MatricesToPack(GraphsOf(model), KernelSet());
}

Status Engine::State::LayOutWeights(const EngineOptions& options) {
  if (!made_bytes.empty()) weight_sample = SampleWeights(model.graph);
  if (device_kind != DeviceKind::kCpu) return {};
  const auto done_with = [this](const TensorView& matrix) {
    if (made_bytes.contains(matrix.data)) checkpoint->Forget(matrix);
  };
  auto opened =
      OpenPanels({options.panel_directory, PanelModel(name), checkpoint->Sources(), done_with},
                 PanelMatrices(), *pool);
  if (!opened) return Fail(opened.error());
  panels = *std::move(opened);
  info.panel_bytes = panels.bytes;
  info.panels_mapped = panels.mapped;
  info.panel_trouble = panels.trouble;
  info.panels_written = panels.written;
  return {};
}

Status Engine::State::MakeExecutors(const EngineOptions& options) {
  if (const Status chosen = ChooseContext(options); !chosen) return chosen;
  const int threads = options.threads > 0 ? options.threads : UsableProcessors();
  pool = std::make_unique<WorkerPool>(threads);
  only_looks = options.only_look;
  device_kind = options.device;
  const DType cache_type = options.cache_type.value_or(DefaultCacheType(model.graph));
  for (const Graph* graph : GraphsOf(model)) {
    if (const Status fits = CheckCacheType(*graph, *CacheTypeOf(cache_type)); !fits) return fits;
  }
  info.cache_type = device_kind == DeviceKind::kReference ? DType::kF32 : cache_type;
  PlanExecutors();
  cache = std::make_unique<KvCache>(cache_layout(), options.cache_bytes);
  if (encoder) source_cache = std::make_unique<KvCache>(encoder->cache, options.cache_bytes);
  DescribeExecutors();
  for (const TensorView& matrix : FindOnlyPacked(GraphsOf(model), PanelMatrices())) {
    if (checkpoint->IsMade(matrix)) made_bytes[matrix.data] = matrix.bytes();
  }
  if (const Status fits = FitMemory(options); !fits || only_looks) return fits;
  if (const Status laid_out = LayOutWeights(options); !laid_out) return laid_out;
  tables = FindTables();
  for (Executor* executor : {answers.get(), encoder.get()}) {
    if (executor == nullptr) continue;
    if (const Status started = executor->Start(panels.weights, *pool, tables); !started) {
      return started;
    }
  }
  return {};
}

void Engine::State::DescribeExecutors() {
  info.device = answers->program ? Cat("cpu (", ToString(UsableCpuFeatures()), ")")
                                 : std::string("reference");
  info.threads = pool->size();
  info.weight_bytes = WeightBytes(model);
  info.cache_bytes_per_token = cache_layout().page_bytes / cache_layout().page_tokens;
  info.state_bytes = cache_layout().state_bytes;
  long_context = LongContext(model.graph);
}

Result<Executor*> Engine::State::StatesExecutor() {
  if (model.shape.task == Task::kEmbed || only_looks) return answers.get();
  if (!states) {
    auto made = PlanExecutor(model.graph.UpTo(model.states), answers->options);
    if (const Status started = made->Start(panels.weights, *pool, tables); !started) {
      return Fail(started.error());
    }
    states = std::move(made);
  }
  return states.get();
}

StepLimits Engine::State::Limits(const Executor& executor) const {
  const ModelShape& shape = model.shape;
  const bool once_a_text = shape.task == Task::kClassifyText && &executor == answers.get();
  return {info.batch_tokens, info.context, shape.vocabulary,
          shape.whole_text,  once_a_text,  shape.without_position};
}

// Numbers that are none come from weights that are none, or from values that outgrew a float.
Status Engine::State::CheckAnswer(std::span<const float> row) const {
  // No early way out, so that it is vector code; NaN alone differs from itself.
  uint32_t broken = 0;
  for (const float x : row) broken |= x != x ? 1u : 0u;
  if (broken == 0) return {};
  const std::optional<std::string> tensor = FindBrokenTensor(model);
  if (tensor) {
    return Fail(ErrorCode::kCorrupt, name, ": tensor ", Quote(*tensor),
                " holds values that are not numbers");
  }
  if (!made_bytes.empty()) {  // and given back: nothing is known of those
    return Fail(ErrorCode::kCorrupt, name,
                ": the model's answer is not a number: its weights are none, or values overflow");
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
  if (options.cache_type && !CacheTypeOf(*options.cache_type)) {
    return Fail(ErrorCode::kUnsupported, "a cache of type ", Name(*options.cache_type),
                "; F32, F16, Q8_0 and Q4_0 are possible");
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
  if (const Status made = state->MakeExecutors(options); !made) {
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
const Tuning& Engine::tuning() const { return state_->tuning; }
void Engine::SetTuning(const Tuning& tuning) { state_->tuning = tuning; }
const Graph& Engine::graph() const { return state_->model.graph; }
const Program* Engine::program() const {
  return state_->answers->program ? &*state_->answers->program : nullptr;
}

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
  slice.source_pages = session.source_pages_;
  slice.source_tokens = static_cast<uint32_t>(session.source_.size());
  return {};
}

Status Engine::State::Execute(Executor& executor, std::span<const StepItem> items, StepPlan& plan) {
  for (size_t i = 0; i < items.size(); ++i) {
    Session& session = *items[i].session;
    if (const Status ready = PrepareSession(session, plan.sequences[i]); !ready) return ready;
  }
  for (const StepItem& item : items) {
    item.session->state_.BeforeStep(item.session->length(), item.tokens.size());
  }
  return Compute(executor, plan);
}

Status Engine::State::Compute(Executor& executor, const StepPlan& plan) {
  if (only_looks) {
    return Fail(ErrorCode::kInvalidArgument, name, " was loaded to be looked at, not to be run");
  }
  const size_t columns = executor.columns();
  answer.resize(plan.output_rows.size() * columns);
  const int workers =
      AreFew(plan.tokens.size(), plan.output_rows.size()) ? tuning.few : tuning.many;
  const Status executed = executor.device->Execute(
      {plan.tokens, plan.positions, plan.output_rows, plan.sequences, answer, workers});
  if (!executed || answer.empty()) return executed;
  return CheckAnswer(std::span<const float>(answer).last(columns));
}

// A sequence that outgrows LongRoPE's short frequencies is computed anew with the long ones.
Status Engine::TurnLong(Session& session) {
  const std::vector<TokenId> tokens = std::move(session.tokens_);
  session.Forget();
  session.long_rope_ = true;
  const uint32_t batch_tokens = state_->info.batch_tokens;
  for (size_t at = 0; at < tokens.size(); at += batch_tokens) {
    const size_t count = std::min<size_t>(batch_tokens, tokens.size() - at);
    const StepItem part{&session, std::span(tokens).subspan(at, count), StepItem::Logits::kNone};
    if (const auto done = Step({&part, 1}); !done) return Fail(done.error());
  }
  return {};
}

Result<std::span<const float>> Engine::Step(std::span<const StepItem> items) {
  return Run(*state_->answers, items);
}

Result<std::span<const float>> Engine::States(std::span<const StepItem> items) {
  const auto executor = state_->StatesExecutor();
  if (!executor) return Fail(executor.error(), state_->name);
  return Run(**executor, items);
}

Result<std::span<const float>> Engine::Run(Executor& executor, std::span<const StepItem> items) {
  State& s = *state_;
  auto plan = PlanStep(items, s.Limits(executor));
  if (!plan) return Fail(plan.error());
  for (const StepItem& item : items) {
    Session& session = *item.session;
    if (s.encoder && session.source_.empty()) {
      return Fail(ErrorCode::kInvalidArgument, "the session has no source, and ", s.name,
                  " answers to nothing else");
    }
    const size_t length = session.tokens_.size() + item.tokens.size();
    if (s.long_context == 0 || session.long_rope_ || length <= s.long_context) continue;
    if (const Status turned = TurnLong(session); !turned) return Fail(turned.error());
  }

  if (const Status executed = s.Execute(executor, items, *plan); !executed) {
    for (const StepItem& item : items) item.session->Undo();
    return Fail(executed.error());
  }
  for (const StepItem& item : items) {
    std::vector<TokenId>& tokens = item.session->tokens_;
    tokens.insert(tokens.end(), item.tokens.begin(), item.tokens.end());
  }
  return std::span<const float>(s.answer);
}

Result<std::span<const float>> Engine::Prefill(Session& session, std::span<const TokenId> tokens,
                                               StepItem::Role role) {
  const uint32_t batch_tokens = state_->info.batch_tokens;
  while (tokens.size() > batch_tokens && !state_->model.shape.whole_text) {
    const StepItem part{&session, tokens.first(batch_tokens), StepItem::Logits::kNone, role};
    const auto done = Step({&part, 1});
    if (!done) return done;
    tokens = tokens.subspan(batch_tokens);
  }
  const StepItem rest{&session, tokens, StepItem::Logits::kLast, role};
  return Step({&rest, 1});
}

Session::Session(Engine& engine)
    : engine_(engine), state_(engine.state_->cache_layout().state_bytes) {}
Session::~Session() {
  Forget();
  ForgetSource();
}

uint32_t Session::Truncate(uint32_t length) {
  if (length >= tokens_.size()) return this->length();
  const bool turns_short = long_rope_ && length <= engine_.state_->long_context;
  const bool anew = turns_short || engine_.state_->model.shape.whole_text;
  length = state_.Rewind(anew ? 0 : length);
  if (anew) length = 0;
  tokens_.resize(length);
  if (length == 0) long_rope_ = false;
  KvCache& cache = *engine_.state_->cache;
  cache.Shrink(pages_, cache.PagesFor(tokens_.size()));
  return length;
}

uint32_t Session::TentativeRoom() const {
  const Engine::State& engine = *engine_.state_;
  if (state_.bytes() > 0 || engine.model.shape.whole_text) return 0;
  const bool may_turn = engine.long_context > 0 && !long_rope_;
  const uint32_t limit =
      may_turn ? std::min(engine.long_context, engine.info.context) : engine.info.context;
  return limit - std::min(limit, length());
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
