#include "engine/generate.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

#include "engine/stop_filter.h"

namespace ingle {
namespace {

using Clock = std::chrono::steady_clock;

// Of a long prompt, so much is computed in one go: between two pieces the caller may cancel, and
// other sessions have their turns.
constexpr size_t kPromptPiece = 512;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// One call of Generate.
class Answer {
 public:
  Answer(Engine& engine, Session& session, std::span<const TokenId> prompt,
         const GenerateOptions& options, StopFilter filter)
      : engine_(engine),
        session_(session),
        options_(options),
        history_(prompt.begin(), prompt.end()),
        sampler_(options.sampling),
        decoder_(engine.tokenizer(), {.render_special = options.render_special,
                                      .continues_text = !engine.model_info().start_token}),
        filter_(std::move(filter)) {
    generation_.prompt_tokens = prompt.size();
    if (const auto start = engine.model_info().start_token) {
      source_ = std::exchange(history_, {*start});
    }
  }

  Result<Generation> Run();

 private:
  Status ReadSource();
  size_t ReusePrefix();
  Result<FinishReason> Produce();
  Status Prefill(std::span<const TokenId> tokens);
  Result<TokenId> Next(std::span<const TokenId> tokens, double& seconds);
  std::optional<FinishReason> Accept(TokenId token);
  bool Emit(const std::string& piece);

  std::unique_lock<Turns> Turn() const {
    return options_.turns ? std::unique_lock(*options_.turns) : std::unique_lock<Turns>();
  }
  bool Cancelled() const { return options_.cancel && options_.cancel->load(); }

  Engine& engine_;
  Session& session_;
  const GenerateOptions& options_;
  std::vector<TokenId> source_;   // of an encoder–decoder
  std::vector<TokenId> history_;  // the prompt and the answer
  Sampler sampler_;
  StreamDecoder decoder_;
  StopFilter filter_;
  std::vector<TokenLogprob> logprobs_;  // of the token that Next drew
  Generation generation_;
};

Result<Generation> Answer::Run() {
  const Result<FinishReason> finish = Produce();
  if (!finish) return Fail(finish.error());
  generation_.finish = *finish;
  // What was held back in case more followed: nothing does, so it is text.
  const bool complete = *finish != FinishReason::kCancelled && *finish != FinishReason::kStop;
  if (complete && !Emit(filter_.Push(decoder_.Finish()) + filter_.Finish())) {
    generation_.finish = FinishReason::kCancelled;
  }
  return std::move(generation_);
}

Result<FinishReason> Answer::Produce() {
  const Clock::time_point start = Clock::now();
  Timing& timing = generation_.timing;
  if (const Status read = ReadSource(); !read) return Fail(read.error());
  const std::vector<TokenId> prompt(history_);
  std::span<const TokenId> rest = std::span(prompt).subspan(ReusePrefix());

  for (; rest.size() > kPromptPiece; rest = rest.subspan(kPromptPiece)) {
    if (Cancelled()) return FinishReason::kCancelled;
    if (const Status done = Prefill(rest.first(kPromptPiece)); !done) return Fail(done.error());
  }
  if (Cancelled()) return FinishReason::kCancelled;
  Result<TokenId> token = Next(rest, timing.prefill_seconds);
  if (token) timing.prefill_tokens += rest.size();
  timing.time_to_first_token_seconds = SecondsSince(start);

  for (;;) {
    if (!token) return Fail(token.error());
    if (const std::optional<FinishReason> finish = Accept(*token)) return *finish;
    if (Cancelled()) return FinishReason::kCancelled;
    token = Next(std::span(&*token, 1), timing.decode_seconds);
    ++timing.decode_tokens;
  }
}

// Has the encoder read the source, unless that is what it has read already.
Status Answer::ReadSource() {
  if (source_.empty() || session_.source() == source_) return {};
  const auto turn = Turn();
  const Clock::time_point start = Clock::now();
  session_.Truncate(0);
  const StepItem item{&session_, source_, StepItem::Logits::kNone};
  const auto read = engine_.Encode({&item, 1});
  if (!read) return Fail(read.error());
  generation_.timing.prefill_seconds += SecondsSince(start);
  generation_.timing.prefill_tokens += source_.size();
  return {};
}

// Forgets what the session holds beyond the prompt. At least one token is left to compute, for its
// logits.
size_t Answer::ReusePrefix() {
  const std::vector<TokenId>& cached = session_.tokens();
  const size_t longest = std::min(cached.size(), history_.size() - 1);
  const auto end = cached.begin() + static_cast<ptrdiff_t>(longest);
  const auto differs = std::mismatch(cached.begin(), end, history_.begin()).first;
  const auto kept = static_cast<size_t>(differs - cached.begin());
  const auto turn = Turn();
  return session_.Truncate(static_cast<uint32_t>(kept));
}

Status Answer::Prefill(std::span<const TokenId> tokens) {
  const auto turn = Turn();
  const Clock::time_point start = Clock::now();
  const auto logits = engine_.Prefill(session_, tokens);
  generation_.timing.prefill_seconds += SecondsSince(start);
  if (!logits) return Fail(logits.error());
  generation_.timing.prefill_tokens += tokens.size();
  return {};
}

// Computes tokens, and draws the one that follows them.
Result<TokenId> Answer::Next(std::span<const TokenId> tokens, double& seconds) {
  const auto turn = Turn();
  const Clock::time_point start = Clock::now();
  const auto logits = engine_.Prefill(session_, tokens);
  if (!logits) return Fail(logits.error());
  const Result<TokenId> token = sampler_.Sample(*logits, history_);
  if (token && options_.logprobs >= 0) {
    logprobs_ = TopLogprobs(*logits, *token, options_.logprobs);
  }
  seconds += SecondsSince(start);
  return token;
}

// Adds a token to the answer, unless it ends it; tells why there is to be no further one.
std::optional<FinishReason> Answer::Accept(TokenId token) {
  std::vector<TokenId>& tokens = generation_.tokens;
  const bool limited = options_.max_tokens >= 0;
  const auto limit = static_cast<size_t>(options_.max_tokens);
  if (limited && limit == 0) return FinishReason::kLength;
  if (!options_.ignore_end && engine_.tokenizer().IsEndOfGeneration(token)) {
    return FinishReason::kEnd;
  }

  history_.push_back(token);
  tokens.push_back(token);
  if (options_.logprobs >= 0) generation_.logprobs.push_back(std::move(logprobs_));

  if (!Emit(filter_.Push(decoder_.Push(token)))) return FinishReason::kCancelled;
  if (filter_.stopped()) return FinishReason::kStop;
  if (limited && tokens.size() == limit) return FinishReason::kLength;
  if (session_.length() == engine_.info().context) return FinishReason::kContext;
  return std::nullopt;
}

bool Answer::Emit(const std::string& piece) {
  generation_.text += piece;
  return piece.empty() || !options_.on_text || options_.on_text(piece);
}

double PerSecond(size_t tokens, double seconds) {
  return seconds > 0 ? static_cast<double>(tokens) / seconds : 0;
}

}  // namespace

std::string_view Name(FinishReason reason) {
  switch (reason) {
    case FinishReason::kEnd:
      return "end";
    case FinishReason::kStop:
      return "stop";
    case FinishReason::kLength:
      return "length";
    case FinishReason::kContext:
      return "context";
    case FinishReason::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

double Timing::prefill_tokens_per_second() const {
  return PerSecond(prefill_tokens, prefill_seconds);
}
double Timing::decode_tokens_per_second() const { return PerSecond(decode_tokens, decode_seconds); }

Result<Generation> Generate(Engine& engine, Session& session, std::span<const TokenId> prompt,
                            const GenerateOptions& options) {
  if (const Status valid = Validate(options.sampling); !valid) return Fail(valid.error());
  if (options.max_tokens < -1) {
    return Fail(ErrorCode::kInvalidArgument, "max_tokens is ", options.max_tokens,
                "; it must be 0 or more, or -1 for no limit");
  }
  if (engine.model_info().task != Task::kGenerate) {
    return Fail(ErrorCode::kUnsupported, engine.model_info().path,
                " does not generate text: it embeds or classifies");
  }
  if (prompt.empty()) return Fail(ErrorCode::kInvalidArgument, "the prompt has no tokens");
  if (prompt.size() > engine.info().context) {
    return Fail(ErrorCode::kTooLarge, "the prompt has ", prompt.size(),
                " tokens, but the context holds ", engine.info().context,
                "; shorten it, or load the model with a longer context");
  }
  Result<StopFilter> filter = StopFilter::Create(options.stop);
  if (!filter) return Fail(filter.error());
  return Answer(engine, session, prompt, options, *std::move(filter)).Run();
}

}  // namespace ingle
