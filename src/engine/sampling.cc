#include "engine/sampling.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ingle {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// A penalized logit stays a number, whatever the penalties are.
float Clamp(double logit) {
  constexpr double kMax = std::numeric_limits<float>::max();
  if (logit == -kInfinity) return -kInfinity;
  return static_cast<float>(std::clamp(logit, -kMax, kMax));
}

// exp(logit - best), the likelihood of a token as a share of the likeliest one's.
double Weight(float logit, float best) { return std::exp(double{logit} - double{best}); }

// The first of the largest logits.
Result<TokenId> ArgMax(std::span<const float> logits) {
  float best = -kInfinity;
  size_t token = logits.size();
  for (size_t i = 0; i < logits.size(); ++i) {
    if (!(logits[i] < kInfinity)) {
      return Fail(ErrorCode::kCorrupt, "the logits are not numbers: that of token ", i, " is ",
                  logits[i], "; the model's weights may be damaged");
    }
    if (logits[i] > best) {
      best = logits[i];
      token = i;
    }
  }
  if (token == logits.size()) {
    return Fail(ErrorCode::kCorrupt, "the logits leave no token possible: all ", logits.size(),
                " are -inf; the model's weights may be damaged");
  }
  return static_cast<TokenId>(token);
}

Status RequireWithin(std::string_view name, float value, float low, float high) {
  if (value >= low && value <= high) return {};
  return Fail(ErrorCode::kInvalidArgument, name, " is ", value, "; it must be from ", low, " to ",
              high);
}

Status RequireFinite(std::string_view name, float value) {
  if (std::isfinite(value)) return {};
  return Fail(ErrorCode::kInvalidArgument, name, " is ", value, "; it must be a number");
}

Status RequireAtLeast(std::string_view name, int value, int low) {
  if (value >= low) return {};
  return Fail(ErrorCode::kInvalidArgument, name, " is ", value, "; it must be ", low, " or more");
}

}  // namespace

Status Validate(const SamplingOptions& options) {
  if (!(options.temperature >= 0 && options.temperature < kInfinity)) {
    return Fail(ErrorCode::kInvalidArgument, "temperature is ", options.temperature,
                "; it must be 0 or more");
  }
  if (!(options.repeat_penalty > 0 && options.repeat_penalty < kInfinity)) {
    return Fail(ErrorCode::kInvalidArgument, "repeat_penalty is ", options.repeat_penalty,
                "; it must be above 0, and 1 is none");
  }
  for (const Status& status : {
           RequireAtLeast("top_k", options.top_k, 0),
           RequireWithin("top_p", options.top_p, 0, 1),
           RequireWithin("min_p", options.min_p, 0, 1),
           RequireFinite("presence_penalty", options.presence_penalty),
           RequireFinite("frequency_penalty", options.frequency_penalty),
           RequireAtLeast("penalty_window", options.penalty_window, -1),
       }) {
    if (!status) return status;
  }
  return {};
}

Sampler::Sampler(const SamplingOptions& options) : options_(options), random_(options.seed) {}

Result<TokenId> Sampler::Sample(std::span<const float> logits, std::span<const TokenId> history) {
  const Result<TokenId> likeliest = ArgMax(logits);
  if (!likeliest) return likeliest;
  const bool penalized = options_.repeat_penalty != 1 || options_.presence_penalty != 0 ||
                         options_.frequency_penalty != 0;
  if (options_.temperature == 0 && !penalized) return likeliest;

  candidates_.resize(logits.size());
  for (size_t i = 0; i < logits.size(); ++i) {
    candidates_[i] = {static_cast<TokenId>(i), logits[i]};
  }
  sorted_ = 0;

  Candidate best = candidates_[static_cast<size_t>(*likeliest)];
  if (penalized) {
    Penalize(history);
    best = *std::min_element(candidates_.begin(), candidates_.end(), Likelier);
  }
  if (options_.temperature == 0) return best.token;
  KeepTopK();
  KeepTopP(best.logit);
  KeepMinP(best.logit);
  return Draw(best.logit);
}

// A total order, so that every way to sort gives the same result.
bool Sampler::Likelier(const Candidate& a, const Candidate& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
}

// Puts the count likeliest candidates in front, in order.
void Sampler::SortLikeliest(size_t count) {
  if (count <= sorted_) return;
  const auto from = candidates_.begin() + static_cast<ptrdiff_t>(sorted_);
  const auto to = candidates_.begin() + static_cast<ptrdiff_t>(count);
  // For few out of many, partial_sort compares most candidates once, with the worst of those few;
  // for more, selecting first and sorting then is the faster way.
  constexpr ptrdiff_t kFew = 256;
  if (to - from <= kFew) {
    std::partial_sort(from, to, candidates_.end(), Likelier);
  } else {
    if (to != candidates_.end()) std::nth_element(from, to, candidates_.end(), Likelier);
    std::sort(from, to, Likelier);
  }
  sorted_ = count;
}

// Keskar et al., 2019 (CTRL), section 4.1, for repeat_penalty; OpenAI's API for the other two.
// REQUIRES: candidates_ are by token.
void Sampler::Penalize(std::span<const TokenId> history) {
  if (options_.penalty_window >= 0) {
    const auto window = static_cast<size_t>(options_.penalty_window);
    history = history.last(std::min(history.size(), window));
  }
  recent_.assign(history.begin(), history.end());
  std::sort(recent_.begin(), recent_.end());

  for (size_t i = 0; i < recent_.size();) {
    const TokenId token = recent_[i];
    const size_t first = i;
    while (i < recent_.size() && recent_[i] == token) ++i;
    if (token < 0 || static_cast<size_t>(token) >= candidates_.size()) continue;

    float& logit = candidates_[static_cast<size_t>(token)].logit;
    const double penalty = options_.repeat_penalty;
    const double repeated = logit > 0 ? logit / penalty : logit * penalty;
    logit = Clamp(repeated - options_.presence_penalty -
                  static_cast<double>(i - first) * options_.frequency_penalty);
  }
}

void Sampler::KeepTopK() {
  const auto count = static_cast<size_t>(options_.top_k);
  if (count == 0 || count >= candidates_.size()) return;
  SortLikeliest(count);
  candidates_.resize(count);
}

// Holtzman et al., 2020 (nucleus sampling): the fewest of the likeliest tokens that together have
// at least top_p of the probability of all candidates. They are sorted only as far as that takes.
void Sampler::KeepTopP(float best) {
  if (options_.top_p >= 1) return;
  double total = 0;
  for (const Candidate& candidate : candidates_) total += Weight(candidate.logit, best);

  const double enough = total * options_.top_p;
  double sum = 0;
  size_t kept = 0;
  do {
    if (kept == sorted_) {
      SortLikeliest(std::min(candidates_.size(), std::max<size_t>(4 * sorted_, 64)));
    }
    sum += Weight(candidates_[kept++].logit, best);
  } while (sum < enough && kept < candidates_.size());
  candidates_.resize(kept);
  sorted_ = kept;
}

// Nguyen et al., 2024: tokens with at least min_p of the likeliest one's probability.
void Sampler::KeepMinP(float best) {
  if (options_.min_p == 0) return;
  const double least = double{best} + std::log(double{options_.min_p});
  std::erase_if(candidates_, [&](const Candidate& c) { return double{c.logit} < least; });
  sorted_ = std::min(sorted_, candidates_.size());
}

// One candidate, by its share of the probability that the temperature gives them.
TokenId Sampler::Draw(float best) {
  const double temperature = options_.temperature;
  const auto weight = [&](const Candidate& candidate) {
    return std::exp((double{candidate.logit} - double{best}) / temperature);
  };
  double total = 0;
  for (const Candidate& candidate : candidates_) total += weight(candidate);

  // 53 bits, as many as a double of [0, 1) holds.
  const double uniform = static_cast<double>(random_() >> 11) * 0x1p-53;
  double remaining = uniform * total;
  TokenId drawn = candidates_.front().token;
  for (const Candidate& candidate : candidates_) {
    const double share = weight(candidate);
    if (share == 0) continue;
    drawn = candidate.token;  // the last possible one, should rounding leave something of remaining
    remaining -= share;
    if (remaining < 0) break;
  }
  return drawn;
}

std::vector<TokenLogprob> TopLogprobs(std::span<const float> logits, TokenId token, int count) {
  std::vector<TokenLogprob> all(logits.size());
  float best = -kInfinity;
  for (size_t i = 0; i < logits.size(); ++i) {
    const float logit = logits[i] < kInfinity ? logits[i] : -kInfinity;
    all[i] = {static_cast<TokenId>(i), logit};
    best = std::max(best, logit);
  }
  double total = 0;
  for (const TokenLogprob& entry : all) total += Weight(entry.logprob, best);
  const double log_total = double{best} + std::log(total);
  const auto logprob = [&](float logit) {
    return logit == -kInfinity ? logit : static_cast<float>(double{logit} - log_total);
  };

  std::vector<TokenLogprob> result;
  const bool known = token >= 0 && static_cast<size_t>(token) < all.size();
  result.push_back({token, known ? logprob(all[static_cast<size_t>(token)].logprob) : -kInfinity});

  const auto wanted = std::min(static_cast<size_t>(std::max(count, 0)), all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<ptrdiff_t>(wanted), all.end(),
                    [](const TokenLogprob& a, const TokenLogprob& b) {
                      return a.logprob != b.logprob ? a.logprob > b.logprob : a.token < b.token;
                    });
  for (const TokenLogprob& entry : std::span(all).first(wanted)) {
    result.push_back({entry.token, logprob(entry.logprob)});
  }
  return result;
}

}  // namespace ingle
