// From logits to a token.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "base/error.h"
#include "tokenizer/tokenizer.h"

namespace ingle {

// The names and meanings that people know from other programs. Applied in this order: penalties,
// top-k, top-p, min-p, temperature, draw.
struct SamplingOptions {
  float temperature = 0.8f;  // 0: always the likeliest token
  int top_k = 40;            // 0: all
  float top_p = 0.95f;       // 1: all
  float min_p = 0.05f;       // 0: all; otherwise at least this share of the likeliest's probability
  float repeat_penalty = 1.0f;     // divides positive and multiplies negative logits; 1: none
  float presence_penalty = 0.0f;   // subtracted once from a token that occurred
  float frequency_penalty = 0.0f;  // subtracted for each time that it did
  int penalty_window = 64;         // how many of the latest tokens count; -1: all
  uint64_t seed = 0;
};

// Fails with kInvalidArgument, naming the option, for what cannot be meant: a negative
// temperature, a probability outside [0, 1], NaN.
Status Validate(const SamplingOptions& options);

struct TokenLogprob {
  TokenId token;
  float logprob;  // natural logarithm, of the model's own distribution: before any option
};

// The same logits, options and histories give the same tokens on every machine: the random numbers
// are made here, not by the standard library's distributions, and sums have a fixed order.
// Not thread-safe.
class Sampler {
 public:
  // REQUIRES: Validate(options).
  explicit Sampler(const SamplingOptions& options);

  // Draws the token that follows history (prompt and answer so far).
  // Fails with kCorrupt when the logits are not numbers or leave no token possible. A logit of -inf
  // is fine: its token is never drawn.
  Result<TokenId> Sample(std::span<const float> logits, std::span<const TokenId> history);

 private:
  struct Candidate {
    TokenId token;
    float logit;
  };
  bool Penalizes() const;
  std::span<const float> Penalize(std::span<const float> logits, std::span<const TokenId> history);
  Status FindPeaks(std::span<const float> logits);
  TokenId Likeliest(std::span<const float> logits) const;
  void TakeLikeliest(std::span<const float> logits, size_t count);
  void TakeAtLeast(std::span<const float> logits, float least);
  void TakeTopP(std::span<const float> logits, size_t most, float best);
  double WeightFrom(std::span<const float> logits, float least, float best) const;
  bool CutAtShare(double enough, float best);
  TokenId Draw(float best);
  static bool Likelier(const Candidate& a, const Candidate& b);

  SamplingOptions options_;
  std::mt19937_64 random_;
  // What follows is kept between calls for its memory.
  std::vector<float> peaks_;  // the largest logit of each block of them
  // Likeliest first, ties by token, or all by token: never an order that depends on the standard
  // library, since sums are taken over it.
  std::vector<Candidate> candidates_;
  std::vector<float> weights_;  // of the candidates
  std::vector<float> penalized_;
  std::vector<TokenId> recent_;
};

// The logarithms of the probabilities of token (first) and of the count likeliest tokens, ties by
// token. Logits that are not numbers count as impossible; so do tokens outside the vocabulary.
std::vector<TokenLogprob> TopLogprobs(std::span<const float> logits, TokenId token, int count);

}  // namespace ingle
