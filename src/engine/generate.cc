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

struct Drawn {
  TokenId token;
  std::vector<TokenLogprob> logprobs;
};

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
        filter_(std::move(filter)),
        speculator_(options.speculation == Speculation::kOff ? nullptr : options.speculator) {
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
  Status Begin(std::span<const TokenId> tokens);
  Status Advance();
  std::span<const TokenId> Guess();
  Result<std::span<const float>> Step(std::span<const TokenId>& guesses);
  Status Draw(std::span<const float> logits, std::span<const TokenId> guesses);
  std::optional<FinishReason> TakeDrawn();
  std::optional<FinishReason> Accept(Drawn& drawn);
  bool Emit(const std::string& piece);

  std::unique_lock<Turns> Turn() const {
    return options_.turns ? std::unique_lock(*options_.turns) : std::unique_lock<Turns>();
  }
  bool Cancelled() const { return options_.cancel && options_.cancel->load(); }

  Engine& engine_;
  Session& session_;
  const GenerateOptions& options_;
  std::vector<TokenId> source_;   // of an encoder–decoder
  std::vector<TokenId> history_;  // the prompt and all tokens that were drawn
  Sampler sampler_;
  StreamDecoder decoder_;
  StopFilter filter_;
  Speculator* speculator_;     // null: no guesses
  std::vector<TokenId> step_;  // a token and the guesses after it
  std::vector<Drawn> drawn_;   // in the latest step
  uint32_t plain_length_ = 0;  // of the session, had each drawn token taken a step of its own
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
  if (const Status read = ReadSource(); !read) return Fail(read.error());
  const std::vector<TokenId> prompt(history_);
  std::span<const TokenId> rest = std::span(prompt).subspan(ReusePrefix());

  for (; rest.size() > kPromptPiece; rest = rest.subspan(kPromptPiece)) {
    if (Cancelled()) return FinishReason::kCancelled;
    if (const Status done = Prefill(rest.first(kPromptPiece)); !done) return Fail(done.error());
  }
  if (Cancelled()) return FinishReason::kCancelled;
  if (const Status begun = Begin(rest); !begun) return Fail(begun.error());
  generation_.timing.time_to_first_token_seconds = SecondsSince(start);
  for (;;) {
    if (const auto finish = TakeDrawn()) return *finish;
    if (const Status done = Advance(); !done) return Fail(done.error());
  }
}

// Accepts what was drawn, until something ends the answer.
std::optional<FinishReason> Answer::TakeDrawn() {
  for (Drawn& drawn : drawn_) {
    std::optional<FinishReason> finish = Accept(drawn);
    if (!finish && Cancelled()) finish = FinishReason::kCancelled;
    if (finish) {
      // Where more was drawn, the session knows more than it would without guesses.
      if (session_.length() > plain_length_) {
        const auto turn = Turn();
        session_.Truncate(plain_length_);
      }
      return finish;
    }
    ++plain_length_;
    ++generation_.timing.decode_tokens;
  }
  return std::nullopt;
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

// The rest of the prompt, and the first token.
Status Answer::Begin(std::span<const TokenId> tokens) {
  const auto turn = Turn();
  const Clock::time_point start = Clock::now();
  const auto logits = engine_.Prefill(session_, tokens);
  if (!logits) return Fail(logits.error());
  if (speculator_) speculator_->Begin(source_, history_);
  const Status drawn = Draw(*logits, {});
  plain_length_ = session_.length();
  generation_.timing.prefill_seconds += SecondsSince(start);
  generation_.timing.prefill_tokens += tokens.size();
  return drawn;
}

// Computes the latest token and guesses at those after it, of which the right ones are drawn at
// once: each would be drawn from the same logits in a step of its own.
Status Answer::Advance() {
  const auto turn = Turn();
  const Clock::time_point start = Clock::now();
  std::span<const TokenId> guesses = Guess();
  const Clock::time_point step_start = Clock::now();
  const auto logits = Step(guesses);
  if (!logits) return Fail(logits.error());
  const double step_seconds = SecondsSince(step_start);
  if (const Status drawn = Draw(*logits, guesses); !drawn) return drawn;
  session_.Truncate(static_cast<uint32_t>(history_.size() - 1));

  generation_.guessed_tokens += guesses.size();
  generation_.right_guesses += drawn_.size() - 1;
  if (speculator_) speculator_->Checked(drawn_.size() - 1, step_seconds);
  generation_.timing.decode_seconds += SecondsSince(start);
  return {};
}

std::span<const TokenId> Answer::Guess() {
  if (!speculator_) return {};
  // One of the room is for the token before them.
  size_t most = std::min(session_.TentativeRoom(), engine_.info().batch_tokens);
  most = most > 0 ? most - 1 : 0;
  if (options_.max_tokens >= 0) {
    const auto left = static_cast<size_t>(options_.max_tokens) - generation_.tokens.size();
    most = std::min(most, left - 1);
  }
  return speculator_->Guess(history_, sampler_, options_.speculation, most);
}

// With guesses a step may fail where one token would not: for memory, or where a wrong guess leads
// to. Then there are none.
Result<std::span<const float>> Answer::Step(std::span<const TokenId>& guesses) {
  step_.assign(1, history_.back());
  step_.insert(step_.end(), guesses.begin(), guesses.end());
  const StepItem item{&session_, step_, StepItem::Logits::kAll, StepItem::Role::kWritten};
  auto logits = engine_.Step({&item, 1});
  if (logits || guesses.empty()) return logits;
  guesses = {};
  const StepItem alone{&session_, std::span(step_).first(1), StepItem::Logits::kAll,
                       StepItem::Role::kWritten};
  return engine_.Step({&alone, 1});
}

// Draws a token from each row of logits, up to the first that is not the guess whose row is next.
Status Answer::Draw(std::span<const float> logits, std::span<const TokenId> guesses) {
  const size_t columns = logits.size() / (guesses.size() + 1);
  drawn_.clear();
  for (size_t row = 0; row <= guesses.size(); ++row) {
    const auto of_row = logits.subspan(row * columns, columns);
    const Result<TokenId> token = sampler_.Sample(of_row, history_);
    // What fails further on may not be needed; if it is, the next step begins with it.
    if (!token && row > 0) return {};
    if (!token) return Fail(token.error());
    drawn_.push_back({*token, {}});
    if (options_.logprobs >= 0) {
      drawn_.back().logprobs = TopLogprobs(of_row, *token, options_.logprobs);
    }
    history_.push_back(*token);
    if (speculator_) speculator_->Drew(*token);
    if (row == guesses.size() || *token != guesses[row]) break;
  }
  return {};
}

// Adds a token to the answer, unless it ends it; tells why there is to be no further one.
std::optional<FinishReason> Answer::Accept(Drawn& drawn) {
  std::vector<TokenId>& tokens = generation_.tokens;
  const bool limited = options_.max_tokens >= 0;
  const auto limit = static_cast<size_t>(options_.max_tokens);
  if (limited && limit == 0) return FinishReason::kLength;
  if (!options_.ignore_end && engine_.tokenizer().IsEndOfGeneration(drawn.token)) {
    return FinishReason::kEnd;
  }

  tokens.push_back(drawn.token);
  if (options_.logprobs >= 0) generation_.logprobs.push_back(std::move(drawn.logprobs));

  if (!Emit(filter_.Push(decoder_.Push(drawn.token)))) return FinishReason::kCancelled;
  if (filter_.stopped()) return FinishReason::kStop;
  if (limited && tokens.size() == limit) return FinishReason::kLength;
  if (plain_length_ == engine_.info().context) return FinishReason::kContext;
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
