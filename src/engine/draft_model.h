// A smaller model of the same vocabulary that guesses what a larger one will say.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/draft_planner.h"
#include "engine/engine.h"
#include "engine/sampling.h"

namespace ingle {

// For a model that guesses for engine, which options were given for: it has sessions as long, and
// of a limit of memory what engine leaves. available: what there was before engine was loaded.
EngineOptions DraftOptions(const Engine& engine, EngineOptions options, uint64_t available);

// Whether draft can guess for engine: both continue a text, and the tokens that both have are the
// same ones. Fails with kUnsupported, naming both models and the first token that differs.
Status CheckDraftModel(const Engine& engine, const Engine& draft);

// Its session follows one of the larger model. Not thread-safe.
class DraftModel {
 public:
  // engine: must outlive it. vocabulary: how many tokens the larger model has.
  DraftModel(Engine& engine, size_t vocabulary);

  // An answer begins, to another text perhaps.
  void Begin() { reads_ = true; }

  // Replaces guesses by up to count tokens that may follow history, none of which ends an answer;
  // by none where history does not fit the context. They are drawn with a copy of sampler: the
  // nearer this model is to the larger one, the likelier the same draws give the same tokens.
  void Guess(std::span<const TokenId> history, const Sampler& sampler, size_t count,
             std::vector<TokenId>& guesses);

  // What the latest guesses took that would not have been taken without them; reading the prompt
  // does not count, which having a draft model entails.
  double guess_seconds() const { return guess_seconds_; }

  // The latest guesses were checked.
  void Checked(size_t right, size_t guesses);
  // A step was made without guesses of this model.
  void Rested() { ++rested_; }

  // What is to be expected of it. Valid until the next call.
  DraftPlanner::Source Expect(size_t most);

 private:
  std::span<const float> Read(std::span<const TokenId> history);

  Engine& engine_;
  size_t vocabulary_;
  std::unique_ptr<Session> session_;
  std::vector<TokenId> text_;  // history and guesses
  bool reads_ = true;          // next, a prompt
  double guess_seconds_ = 0;

  RunningShare right_;
  double seconds_per_guess_ = 0;
  uint64_t rested_ = 0;
  std::vector<double> chances_;
};

}  // namespace ingle
