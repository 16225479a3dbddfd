// Guesses at the tokens that come next, which a step can check all at once for little more than it
// takes to compute one. What is guessed changes how long an answer takes, never the answer.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "engine/draft_model.h"
#include "engine/draft_planner.h"
#include "engine/engine.h"
#include "engine/lookup_index.h"
#include "engine/sampling.h"

namespace ingle {

enum class Speculation {
  kAuto,    // where it is measured to pay
  kOff,     // never
  kAlways,  // wherever there is a guess, and the longest: for measurements and tests
};

// Of one session, across its answers: what it has measured in one serves the next. Where the latest
// tokens stood before, in prompt or answer, it guesses what followed them; or it asks a draft
// model. Not thread-safe; whoever steps the engine (see GenerateOptions::turns) steps the draft
// model too.
class Speculator {
 public:
  // draft: may be null; must outlive it. REQUIRES: CheckDraftModel(engine, *draft).
  explicit Speculator(const Engine& engine, Engine* draft = nullptr);

  // An answer begins, which continues history. source: what else it may repeat.
  void Begin(std::span<const TokenId> source, std::span<const TokenId> history);

  // Up to most tokens that may follow history; none where that would not pay, and none that ends an
  // answer. sampler: what will draw the token that does follow. Valid until the next call.
  // REQUIRES: history is that of Begin and the tokens of Drew.
  std::span<const TokenId> Guess(std::span<const TokenId> history, const Sampler& sampler,
                                 Speculation speculation, size_t most);

  // A step has been made of a token and the guesses, of which the first `right` were right.
  void Checked(size_t right, double step_seconds);

  // A token has been drawn, guessed or not.
  void Drew(TokenId token);

 private:
  // Lengths of matches that are told apart.
  static constexpr size_t kClasses = 8;
  static size_t ClassOf(size_t length);

  void ChooseAndGuess(std::span<const TokenId> history, const Sampler& sampler, size_t most);
  void GuessFromText(size_t count);
  DraftPlanner::Source ExpectOfText(size_t most);

  const Engine& engine_;
  std::optional<DraftModel> draft_;
  LookupIndex index_;
  DraftPlanner planner_;
  std::array<RunningShare, kClasses> match_right_;
  std::vector<double> chances_;  // what ExpectOfText points to

  std::vector<TokenId> guesses_;
  bool of_draft_ = false;  // the guesses
};

}  // namespace ingle
