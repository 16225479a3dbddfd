#include "engine/draft_model.h"

#include <algorithm>
#include <chrono>

namespace ingle {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kHoped = 0.7;          // of its guesses, until they were held against the truth
constexpr uint64_t kForgetAfter = 512;  // steps, that the model did not pay
constexpr double kTimeWeight = 1. / 8;
// Tokens that are quicker computed as what is read; nobody minds which, as guesses are only that.
constexpr size_t kReadFrom = 16;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

EngineOptions DraftOptions(const Engine& engine, EngineOptions options, uint64_t available) {
  options.context = engine.info().context;
  options.fit_context = false;
  if (options.memory_limit) {
    const uint64_t limit = std::min(*options.memory_limit, available);
    const uint64_t taken = engine.Needs(options.context, options.sequences).added();
    options.memory_limit = limit - std::min(limit, taken);
  }
  return options;
}

Status CheckDraftModel(const Engine& engine, const Engine& draft) {
  const ModelInfo& model = engine.model_info();
  const ModelInfo& guesser = draft.model_info();
  if (guesser.task != Task::kGenerate || guesser.start_token || model.start_token) {
    return Fail(ErrorCode::kUnsupported, "the model ", guesser.path, " cannot draft for ",
                model.path, ": both have to continue a text");
  }
  const Tokenizer& ours = engine.tokenizer();
  const Tokenizer& theirs = draft.tokenizer();
  const auto refuse = [&](const auto&... how) {
    return Fail(ErrorCode::kUnsupported, "the model ", guesser.path, " cannot draft for ",
                model.path, ", whose vocabulary is another one: ", how...);
  };
  // Checkpoints without a tokenizer take ids only: of those there is nothing else to compare.
  const bool nameless = ours.size() == 0 && theirs.size() == 0;
  if (nameless ? model.vocabulary != guesser.vocabulary : ours.size() * theirs.size() == 0) {
    return refuse("it knows ", theirs.size(), " of ", guesser.vocabulary, " tokens there and ",
                  ours.size(), " of ", model.vocabulary, " here");
  }
  // A vocabulary may be longer: models of a family pad theirs differently.
  for (size_t i = 0; i < std::min(ours.size(), theirs.size()); ++i) {
    const auto token = static_cast<TokenId>(i);
    if (ours.TokenText(token) == theirs.TokenText(token)) continue;
    return refuse("token ", i, " is ", Quote(theirs.TokenText(token)), " there and ",
                  Quote(ours.TokenText(token)), " here");
  }
  return {};
}

DraftModel::DraftModel(Engine& engine, size_t vocabulary)
    : engine_(engine), vocabulary_(vocabulary), session_(engine.NewSession()), right_(kHoped) {}

// The logits of what follows history; none where it cannot be read.
std::span<const float> DraftModel::Read(std::span<const TokenId> history) {
  const std::vector<TokenId>& known = session_->tokens();
  const size_t longest = std::min(known.size(), history.size() - 1);
  const auto end = known.begin() + static_cast<ptrdiff_t>(longest);
  const auto differs = std::mismatch(known.begin(), end, history.begin()).first;
  const size_t kept = session_->Truncate(static_cast<uint32_t>(differs - known.begin()));
  const auto rest = history.subspan(kept);
  const auto role = rest.size() < kReadFrom ? StepItem::Role::kWritten : StepItem::Role::kRead;
  const auto logits = engine_.Prefill(*session_, rest, role);
  return logits ? *logits : std::span<const float>();
}

void DraftModel::Guess(std::span<const TokenId> history, const Sampler& sampler, size_t count,
                       std::vector<TokenId>& guesses) {
  guesses.clear();
  guess_seconds_ = 0;
  rested_ = 0;
  const Clock::time_point start = Clock::now();
  text_.assign(history.begin(), history.end());
  std::span<const float> logits = Read(text_);
  const double read_seconds = SecondsSince(start);
  Sampler draws = sampler;
  while (!logits.empty()) {
    const Result<TokenId> token = draws.Sample(logits, text_);
    if (!token || static_cast<size_t>(*token) >= vocabulary_ ||
        engine_.tokenizer().IsEndOfGeneration(*token)) {
      break;
    }
    guesses.push_back(*token);
    if (guesses.size() == count) break;
    text_.push_back(*token);
    logits = Read(text_);
  }
  const double seconds = SecondsSince(start);
  guess_seconds_ = reads_ ? seconds - read_seconds : seconds;
  reads_ = false;
  if (guesses.size() < 2) return;
  // Reading is a step, and takes longer where there was more to read than a token.
  const double each = (seconds - read_seconds) / static_cast<double>(guesses.size() - 1);
  seconds_per_guess_ += (seconds_per_guess_ > 0 ? kTimeWeight : 1) * (each - seconds_per_guess_);
}

void DraftModel::Checked(size_t right, size_t guesses) {
  for (size_t i = 0; i < right; ++i) right_.Add(true);
  if (right < guesses) right_.Add(false);
}

DraftPlanner::Source DraftModel::Expect(size_t most) {
  const bool forgotten = rested_ >= kForgetAfter;
  const double chance = forgotten ? std::max(kHoped, right_.share()) : right_.share();
  chances_.assign(most, chance);
  return {chances_, seconds_per_guess_};
}

}  // namespace ingle
