#include "engine/speculator.h"

#include <algorithm>

namespace ingle {
namespace {

// Of matches of 1, 2, 3, 4, 5 to 6, 7 to 9, 10 to 15 and more tokens, how often what followed them
// follows again, until it is known of this text.
constexpr size_t kLongestOf[] = {1, 2, 3, 4, 6, 9, 15};

}  // namespace

Speculator::Speculator(const Engine& engine, Engine* draft)
    : engine_(engine),
      match_right_{RunningShare(0.05), RunningShare(0.1), RunningShare(0.2), RunningShare(0.3),
                   RunningShare(0.4),  RunningShare(0.5), RunningShare(0.6), RunningShare(0.7)} {
  if (draft != nullptr) draft_.emplace(*draft, engine.model_info().vocabulary);
}

size_t Speculator::ClassOf(size_t length) {
  return static_cast<size_t>(
      std::lower_bound(std::begin(kLongestOf), std::end(kLongestOf), length) - kLongestOf);
}

void Speculator::Begin(std::span<const TokenId> source, std::span<const TokenId> history) {
  index_.Clear();
  for (const TokenId token : source) index_.Push(token);
  for (const TokenId token : history) index_.Push(token);
  if (draft_) draft_->Begin();
}

std::span<const TokenId> Speculator::Guess(std::span<const TokenId> history, const Sampler& sampler,
                                           Speculation speculation, size_t most) {
  guesses_.clear();
  of_draft_ = false;
  most = std::min(most, DraftPlanner::kMost);
  if (speculation == Speculation::kAuto) {
    ChooseAndGuess(history, sampler, most);
  } else if (speculation == Speculation::kAlways && most > 0) {
    of_draft_ = draft_.has_value();
    if (of_draft_) draft_->Guess(history, sampler, most, guesses_);
    if (!of_draft_) GuessFromText(most);
  }
  return guesses_;
}

void Speculator::ChooseAndGuess(std::span<const TokenId> history, const Sampler& sampler,
                                size_t most) {
  DraftPlanner::Choice choice = planner_.Choose(ExpectOfText(most), most);
  if (draft_) {
    const DraftPlanner::Choice other = planner_.Choose(draft_->Expect(most), most);
    of_draft_ = other.guesses > 0 &&
                (choice.guesses == 0 || other.seconds_per_token < choice.seconds_per_token);
    if (of_draft_) {
      draft_->Guess(history, sampler, other.guesses, guesses_);
      return;
    }
    draft_->Rested();
  }
  GuessFromText(choice.guesses);
}

// A guess that is right makes the match longer by one.
DraftPlanner::Source Speculator::ExpectOfText(size_t most) {
  chances_.clear();
  const size_t length = index_.match().length;
  for (size_t i = 0; i < most && length > 0; ++i) {
    chances_.push_back(match_right_[ClassOf(length + i)].share());
  }
  return {chances_};
}

void Speculator::GuessFromText(size_t count) {
  if (index_.match().length == 0) return;
  while (guesses_.size() < count) {
    const TokenId token = index_.Following(guesses_.size());
    if (engine_.tokenizer().IsEndOfGeneration(token)) return;
    guesses_.push_back(token);
  }
}

void Speculator::Checked(size_t right, double step_seconds) {
  const double guess_seconds = of_draft_ ? draft_->guess_seconds() : 0;
  planner_.Add(guesses_.size(), right + 1, step_seconds, guess_seconds);
  if (of_draft_) draft_->Checked(right, guesses_.size());
}

void Speculator::Drew(TokenId token) {
  // Held against every token, not only those that were guessed at: to watch costs nothing.
  if (index_.match().length > 0) {
    match_right_[ClassOf(index_.match().length)].Add(token == index_.Following(0));
  }
  index_.Push(token);
}

}  // namespace ingle
