#include "engine/sampling.h"

#include <algorithm>
#include <bit>
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

// Logits are looked over in blocks: what is not the peak of its block, or is in a block with a low
// peak, is not looked at again.
constexpr size_t kBlock = 64;

std::span<const float> BlockAt(std::span<const float> logits, size_t block) {
  const size_t begin = block * kBlock;
  return logits.subspan(begin, std::min(kBlock, logits.size() - begin));
}

// Integers in the order of the floats: compilers make vector code of comparing those. NaN is above
// infinity or, with a sign, below -infinity.
int32_t KeyOf(float x) {
  const auto bits = std::bit_cast<int32_t>(x);
  return bits ^ ((bits >> 31) & 0x7FFFFFFF);
}
float FromKey(int32_t key) { return std::bit_cast<float>(key ^ ((key >> 31) & 0x7FFFFFFF)); }

// exp(x) for x <= 0, the same bits on every machine, to two units in the last place; 0 below -87.
// In a form that compilers make vector code of: they cannot of the library's.
//
// x = n ln2 + r with |r| <= ln2 / 2; exp(r) is its Taylor polynomial of degree 7; 2^n is put
// together from its bits. Adding 1.5 * 2^23 rounds n and leaves it in the low bits of the sum.
float Exp(float x) {
  constexpr float kRound = 12582912.0f;
  constexpr auto kLeast = std::bit_cast<uint32_t>(-87.0f);
  const auto bits = std::bit_cast<uint32_t>(x);  // of negative floats in the order of their size
  const auto clamped = std::bit_cast<float>(std::min(bits, kLeast));
  const float shifted = clamped * 1.44269504088896341f + kRound;
  const float n = shifted - kRound;
  const float r = (clamped - n * 0.693145751953125f) - n * 1.42860682030941723212e-6f;
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const uint32_t power = (std::bit_cast<uint32_t>(shifted) + 127) << 23;
  const auto result = std::bit_cast<uint32_t>(p * std::bit_cast<float>(power));
  return std::bit_cast<float>(bits > kLeast ? 0 : result);
}

// Weights that are further below the best than this, in logits, are 0.
constexpr float kNegligible = 87.0f;

// exp(logit - best), the likelihood of a token as a share of the likeliest one's.
float Weight(float logit, float best) { return Exp(logit - best); }

// Of those that are at least so likely, in a fixed order.
double SumOfWeights(std::span<const float> logits, float least, float best) {
  constexpr size_t kLanes = 16;
  const int32_t least_key = KeyOf(least);
  float lanes[kLanes] = {};
  const auto add = [&](size_t lane, float logit) {
    const auto weight = std::bit_cast<uint32_t>(Weight(logit, best));
    lanes[lane] += std::bit_cast<float>(KeyOf(logit) < least_key ? 0 : weight);
  };
  size_t i = 0;
  for (; i + kLanes <= logits.size(); i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) add(lane, logits[i + lane]);
  }
  for (size_t lane = 0; i < logits.size(); ++i, ++lane) add(lane, logits[i]);
  double sum = 0;
  for (const float lane : lanes) sum += double{lane};
  return sum;
}

// The largest of a block's logits; infinity or NaN if one of them is that. -infinity is fine.
float PeakOf(std::span<const float> block) {
  int32_t least = std::numeric_limits<int32_t>::max();
  int32_t largest = std::numeric_limits<int32_t>::min();
  for (const float logit : block) {
    least = std::min(least, KeyOf(logit));
    largest = std::max(largest, KeyOf(logit));
  }
  return FromKey(least < KeyOf(-kInfinity) ? least : largest);
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
  if (Status status = FindPeaks(logits); !status) return Fail(status.error());
  if (Penalizes()) {
    logits = Penalize(logits, history);
    if (Status status = FindPeaks(logits); !status) return Fail(status.error());
  }
  const TokenId likeliest = Likeliest(logits);
  if (options_.temperature == 0) return likeliest;

  const float best = logits[static_cast<size_t>(likeliest)];
  const float least = options_.min_p == 0 ? -kInfinity : best + std::log(options_.min_p);
  const auto top_k = static_cast<size_t>(options_.top_k);
  const size_t most = top_k == 0 ? logits.size() : std::min(top_k, logits.size());
  if (options_.top_p < 1) {
    TakeTopP(logits, most, best);
  } else if (most < logits.size()) {
    TakeLikeliest(logits, most);
  } else {
    TakeAtLeast(logits, least);
  }
  // Nguyen et al., 2024: tokens with at least min_p of the likeliest one's probability.
  std::erase_if(candidates_, [&](const Candidate& c) { return c.logit < least; });
  return Draw(best);
}

bool Sampler::Penalizes() const {
  return options_.repeat_penalty != 1 || options_.presence_penalty != 0 ||
         options_.frequency_penalty != 0;
}

// Fails if a logit is not a number or all are impossible.
Status Sampler::FindPeaks(std::span<const float> logits) {
  peaks_.clear();
  float best = -kInfinity;
  for (size_t at = 0; at < logits.size(); at += kBlock) {
    const std::span<const float> block = BlockAt(logits, at / kBlock);
    peaks_.push_back(PeakOf(block));
    if (!(peaks_.back() < kInfinity)) {
      const auto bad =
          std::find_if(block.begin(), block.end(), [](float x) { return !(x < kInfinity); });
      return Fail(ErrorCode::kCorrupt, "the logits are not numbers: that of token ",
                  at + static_cast<size_t>(bad - block.begin()), " is ", *bad,
                  "; the model's weights may be damaged");
    }
    best = std::max(best, peaks_.back());
  }
  if (best > -kInfinity) return {};
  return Fail(ErrorCode::kCorrupt, "the logits leave no token possible: all ", logits.size(),
              " are -inf; the model's weights may be damaged");
}

// The first of the largest logits.
TokenId Sampler::Likeliest(std::span<const float> logits) const {
  const auto peak = std::max_element(peaks_.begin(), peaks_.end());
  const auto block = static_cast<size_t>(peak - peaks_.begin());
  const std::span<const float> among = BlockAt(logits, block);
  const auto first = std::find(among.begin(), among.end(), *peak);
  return static_cast<TokenId>(block * kBlock + static_cast<size_t>(first - among.begin()));
}

// Keskar et al., 2019 (CTRL), section 4.1, for repeat_penalty; OpenAI's API for the other two.
std::span<const float> Sampler::Penalize(std::span<const float> logits,
                                         std::span<const TokenId> history) {
  if (options_.penalty_window >= 0) {
    const auto window = static_cast<size_t>(options_.penalty_window);
    history = history.last(std::min(history.size(), window));
  }
  recent_.assign(history.begin(), history.end());
  std::sort(recent_.begin(), recent_.end());

  penalized_.assign(logits.begin(), logits.end());
  for (size_t i = 0; i < recent_.size();) {
    const TokenId token = recent_[i];
    const size_t first = i;
    while (i < recent_.size() && recent_[i] == token) ++i;
    if (token < 0 || static_cast<size_t>(token) >= penalized_.size()) continue;

    float& logit = penalized_[static_cast<size_t>(token)];
    const double penalty = options_.repeat_penalty;
    const double repeated = logit > 0 ? logit / penalty : logit * penalty;
    logit = Clamp(repeated - options_.presence_penalty -
                  static_cast<double>(i - first) * options_.frequency_penalty);
  }
  return penalized_;
}

// A total order, so that every way to sort gives the same result.
bool Sampler::Likelier(const Candidate& a, const Candidate& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
}

// The candidates become the count likeliest of the possible tokens, in order.
void Sampler::TakeLikeliest(std::span<const float> logits, size_t count) {
  // Twice as many are gathered before those that are too many go: each is sorted out once or twice.
  const size_t room = std::max<size_t>(2 * count, 128);
  float low = -kInfinity;  // what a logit must exceed: as many, all before it, are that likely
  candidates_.clear();
  for (size_t block = 0; block < peaks_.size(); ++block) {
    if (!(peaks_[block] > low)) continue;
    const std::span<const float> among = BlockAt(logits, block);
    for (size_t i = 0; i < among.size(); ++i) {
      if (!(among[i] > low)) continue;
      candidates_.push_back({static_cast<TokenId>(block * kBlock + i), among[i]});
      if (candidates_.size() < room) continue;
      const auto worst = candidates_.begin() + static_cast<ptrdiff_t>(count) - 1;
      std::nth_element(candidates_.begin(), worst, candidates_.end(), Likelier);
      low = worst->logit;
      candidates_.resize(count);
    }
  }
  std::sort(candidates_.begin(), candidates_.end(), Likelier);
  candidates_.resize(std::min(count, candidates_.size()));
}

// The candidates become those with at least this logit, by token; all that are possible for -inf.
void Sampler::TakeAtLeast(std::span<const float> logits, float least) {
  candidates_.clear();
  for (size_t block = 0; block < peaks_.size(); ++block) {
    if (peaks_[block] < least) continue;
    const std::span<const float> among = BlockAt(logits, block);
    for (size_t i = 0; i < among.size(); ++i) {
      if (among[i] < least || among[i] == -kInfinity) continue;
      candidates_.push_back({static_cast<TokenId>(block * kBlock + i), among[i]});
    }
  }
}

// The sum of the weights of all with at least this logit.
double Sampler::WeightFrom(std::span<const float> logits, float least, float best) const {
  double sum = 0;
  for (size_t block = 0; block < peaks_.size(); ++block) {
    if (peaks_[block] >= least) sum += SumOfWeights(BlockAt(logits, block), least, best);
  }
  return sum;
}

// Holtzman et al., 2020 (nucleus sampling): the fewest of the likeliest tokens that together have
// at least top_p of the probability of the `most` likeliest. Of a whole vocabulary only those are
// sorted that a threshold leaves, which is lowered until they are enough.
void Sampler::TakeTopP(std::span<const float> logits, size_t most, float best) {
  if (most < logits.size()) {
    TakeLikeliest(logits, most);
    double total = 0;
    for (const Candidate& candidate : candidates_) total += double{Weight(candidate.logit, best)};
    CutAtShare(total * options_.top_p, best);
    return;
  }
  const double enough = WeightFrom(logits, -kInfinity, best) * options_.top_p;
  for (float depth = 1; depth < kNegligible; depth *= 1.5f) {
    if (WeightFrom(logits, best - depth, best) < enough) continue;
    TakeAtLeast(logits, best - depth);
    std::sort(candidates_.begin(), candidates_.end(), Likelier);
    if (CutAtShare(enough, best)) return;  // or rounding hid that they are not enough
  }
  TakeAtLeast(logits, -kInfinity);
  std::sort(candidates_.begin(), candidates_.end(), Likelier);
  CutAtShare(enough, best);
}

// Keeps the first candidates, at least one, whose weights sum up to enough. False if none do.
bool Sampler::CutAtShare(double enough, float best) {
  double sum = 0;
  for (size_t i = 0; i < candidates_.size(); ++i) {
    sum += double{Weight(candidates_[i].logit, best)};
    if (sum < enough) continue;
    candidates_.resize(i + 1);
    return true;
  }
  return false;
}

// One candidate, by its share of the probability that the temperature gives them.
TokenId Sampler::Draw(float best) {
  weights_.resize(candidates_.size());
  for (size_t i = 0; i < weights_.size(); ++i) {
    weights_[i] = Exp((candidates_[i].logit - best) / options_.temperature);
  }
  double total = 0;
  for (const float weight : weights_) total += double{weight};

  // 53 bits, as many as a double of [0, 1) holds.
  const double uniform = static_cast<double>(random_() >> 11) * 0x1p-53;
  double remaining = uniform * total;
  TokenId drawn = candidates_.front().token;
  for (size_t i = 0; i < weights_.size(); ++i) {
    if (weights_[i] == 0) continue;
    // The last possible one, should rounding leave something of remaining.
    drawn = candidates_[i].token;
    remaining -= double{weights_[i]};
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
  for (const TokenLogprob& entry : all) total += double{Weight(entry.logprob, best)};
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
