#include "engine/sampling.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

namespace ingle {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kMax = std::numeric_limits<float>::max();

// Nothing but the model's own distribution.
SamplingOptions Plain() {
  return {.temperature = 1, .top_k = 0, .top_p = 1, .min_p = 0, .repeat_penalty = 1};
}

std::vector<float> RandomLogits(size_t count, uint64_t seed, double spread = 3) {
  std::mt19937_64 random(seed);
  std::vector<float> logits(count);
  for (float& logit : logits) {
    // A grid, so that ties occur.
    logit = static_cast<float>(static_cast<double>(random() % 128) / 64 * spread - spread);
  }
  return logits;
}

// The probability of each token, by the definitions and nothing else.
std::vector<double> NaiveDistribution(std::vector<float> logits, const SamplingOptions& options,
                                      std::span<const TokenId> history) {
  std::map<TokenId, int> counts;
  size_t window = history.size();
  if (options.penalty_window >= 0) window = std::min<size_t>(window, options.penalty_window);
  for (const TokenId token : history.last(window)) ++counts[token];
  for (const auto& [token, count] : counts) {
    if (token < 0 || static_cast<size_t>(token) >= logits.size()) continue;
    float& logit = logits[static_cast<size_t>(token)];
    logit = logit > 0 ? logit / options.repeat_penalty : logit * options.repeat_penalty;
    logit -= options.presence_penalty + static_cast<float>(count) * options.frequency_penalty;
  }

  std::vector<size_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return logits[a] > logits[b]; });
  const float best = logits[order[0]];
  const auto softmax = [&](double temperature) {
    std::vector<double> share(logits.size());
    double total = 0;
    for (const size_t i : order) {
      total += share[i] = std::exp((double{logits[i]} - best) / temperature);
    }
    for (double& each : share) each /= total;
    return share;
  };

  if (options.top_k > 0) order.resize(std::min<size_t>(order.size(), options.top_k));
  std::vector<double> share = softmax(1);
  if (options.top_p < 1) {
    double sum = 0;
    size_t kept = 0;
    while (kept < order.size() && (kept == 0 || sum < options.top_p)) sum += share[order[kept++]];
    order.resize(kept);
  }
  std::erase_if(order, [&](size_t i) { return share[i] < options.min_p * share[order[0]]; });

  if (options.temperature == 0) {
    order.resize(1);
    share.assign(logits.size(), 0);
    share[order[0]] = 1;
    return share;
  }
  return softmax(options.temperature);
}

// Draws often and holds the counts against the distribution (Pearson's chi-square test): each cell
// expects at least 5, and the statistic stays below a bound that chance passes once in a million
// (Wilson and Hilferty's approximation). Impossible tokens must not occur at all.
void ExpectDistribution(const std::vector<float>& logits, const SamplingOptions& options,
                        const std::vector<TokenId>& history = {}) {
  constexpr int kDraws = 5000;
  const std::vector<double> expected = NaiveDistribution(logits, options, history);
  std::vector<int> counts(logits.size());
  Sampler sampler(options);
  for (int i = 0; i < kDraws; ++i) ++counts[*sampler.Sample(logits, history)];

  double statistic = 0, rest_expected = 0, rest_seen = 0;
  int cells = 0;
  const auto add = [&](double seen, double wanted) {
    statistic += (seen - wanted) * (seen - wanted) / wanted;
    ++cells;
  };
  for (size_t i = 0; i < counts.size(); ++i) {
    const double wanted = expected[i] * kDraws;
    if (wanted == 0) {
      EXPECT_EQ(counts[i], 0) << "token " << i << " is impossible";
    }
    if (wanted >= 5) {
      add(counts[i], wanted);
    } else {
      rest_expected += wanted;
      rest_seen += counts[i];
    }
  }
  if (rest_expected >= 5) add(rest_seen, rest_expected);
  if (cells < 2) return;
  const double degrees = cells - 1;
  const double spread = 2 / (9 * degrees);
  const double bound = degrees * std::pow(1 - spread + 4.75 * std::sqrt(spread), 3);
  EXPECT_LT(statistic, bound) << "with " << degrees << " degrees of freedom";
}

TEST(Sampler, DrawsTheModelsDistribution) {
  ExpectDistribution({0.0f, 0.0f}, Plain());
  ExpectDistribution({1.0f, 2.0f, 3.0f, -kInfinity, 0.5f}, Plain());
  ExpectDistribution(RandomLogits(50, 1), Plain());
}

TEST(Sampler, FollowsEachOptionsDefinition) {
  const std::vector<float> logits = RandomLogits(60, 2);
  const std::vector<TokenId> history = {3, 5, 5, 5, 9, 3, -1, 1000, 20, 21, 22};
  const auto with = [](auto change) {
    SamplingOptions options = Plain();
    change(options);
    return options;
  };
  const SamplingOptions variants[] = {
      with([](auto& o) { o.temperature = 0.3f; }),
      with([](auto& o) { o.temperature = 5; }),
      with([](auto& o) { o.top_k = 1; }),
      with([](auto& o) { o.top_k = 7; }),
      with([](auto& o) { o.top_k = 1000; }),
      with([](auto& o) { o.top_p = 0.5f; }),
      with([](auto& o) { o.top_p = 0; }),
      with([](auto& o) { o.min_p = 0.1f; }),
      with([](auto& o) { o.min_p = 1; }),
      with([](auto& o) { o.repeat_penalty = 1.5f; }),
      with([](auto& o) { o.presence_penalty = 0.7f; }),
      with([](auto& o) { o.frequency_penalty = 0.4f; }),
      with([](auto& o) { o.frequency_penalty = -0.4f, o.penalty_window = 8; }),
      with([](auto& o) { o.frequency_penalty = 1, o.penalty_window = 0; }),
      with([](auto& o) { o.frequency_penalty = 1, o.penalty_window = -1; }),
      with([](auto& o) { o.temperature = 0.7f, o.top_k = 20, o.top_p = 0.9f, o.min_p = 0.05f; }),
      with([](auto& o) { o.temperature = 2, o.top_k = 40, o.top_p = 0.99f, o.repeat_penalty = 2; }),
      SamplingOptions(),
  };
  for (size_t i = 0; i < std::size(variants); ++i) {
    SCOPED_TRACE(i);
    ExpectDistribution(logits, variants[i], history);
  }
}

// The tokens that can be drawn are found by drawing at a temperature that makes them equally
// likely, from vocabularies large enough for every way of sorting to be taken.
TEST(Sampler, KeepsWhatTheDefinitionsKeepOfLargeVocabularies) {
  const std::vector<float> logits = RandomLogits(2000, 4, 50);
  for (const int top_k : {0, 20, 290}) {
    for (const float top_p : {0.1f, 0.97f, 1.0f}) {
      SamplingOptions options = Plain();
      options.temperature = 1e9f;
      options.top_k = top_k;
      options.top_p = top_p;
      options.min_p = top_k == 290 ? 0 : 0.02f;
      const std::vector<double> share = NaiveDistribution(logits, options, {});
      const size_t possible =
          share.size() - static_cast<size_t>(std::count(share.begin(), share.end(), 0));
      std::set<TokenId> drawn;
      Sampler sampler(options);
      for (size_t i = 0; i < 12 * possible; ++i) {
        const TokenId token = *sampler.Sample(logits, {});
        ASSERT_GT(share[static_cast<size_t>(token)], 0) << "token " << token;
        drawn.insert(token);
      }
      EXPECT_EQ(drawn.size(), possible) << top_k << ' ' << top_p;
    }
  }
}

TEST(Sampler, GreedyTakesTheFirstOfTheLikeliest) {
  SamplingOptions options;
  options.temperature = 0;
  Sampler sampler(options);
  EXPECT_EQ(*sampler.Sample(std::vector<float>{1, 4, 2, 4}, {}), 1);
  EXPECT_EQ(*sampler.Sample(std::vector<float>{-kInfinity, -kMax, -kInfinity}, {}), 1);
  options.presence_penalty = 1;
  EXPECT_EQ(*Sampler(options).Sample(std::vector<float>{1, 4, 2, 4}, std::vector<TokenId>{1}), 3);
}

// The sequence is pinned: a change would change what everyone's seeds give.
TEST(Sampler, SameSeedSameTokens) {
  const std::vector<float> logits = RandomLogits(100, 3);
  SamplingOptions options;
  options.seed = 42;
  Sampler first(options), second(options);
  std::vector<TokenId> drawn;
  for (int i = 0; i < 12; ++i) {
    drawn.push_back(*first.Sample(logits, {}));
    EXPECT_EQ(*second.Sample(logits, {}), drawn.back());
  }
  EXPECT_EQ(drawn, (std::vector<TokenId>{13, 48, 13, 88, 81, 88, 93, 95, 97, 95, 45, 41}));
  options.seed = 43;
  Sampler other(options);
  std::vector<TokenId> differently;
  for (int i = 0; i < 12; ++i) differently.push_back(*other.Sample(logits, {}));
  EXPECT_NE(differently, drawn);
}

TEST(Sampler, RefusesLogitsThatAreNotNumbers) {
  for (const float temperature : {0.0f, 1.0f}) {
    SamplingOptions options;
    options.temperature = temperature;
    Sampler sampler(options);
    for (const std::vector<float>& logits : {
             std::vector<float>{0, kNan, 1},
             std::vector<float>{0, -1, kNan},
             std::vector<float>{kInfinity, 0},
             std::vector<float>{-kInfinity, -kInfinity},
             std::vector<float>{},
         }) {
      const auto token = sampler.Sample(logits, {});
      ASSERT_FALSE(token);
      EXPECT_EQ(token.error().code(), ErrorCode::kCorrupt);
    }
  }
}

TEST(Sampler, SurvivesTheExtremesOfEveryOption) {
  const std::vector<float> logits = {kMax, -kMax, 0, -kInfinity, 1, kMax};
  const std::vector<TokenId> history = {0, 0, 1, 2, 3, 3, -5, 100};
  const float tiny = std::numeric_limits<float>::denorm_min();
  for (const float temperature : {0.0f, tiny, 1e-30f, 1.0f, kMax}) {
    for (const float penalty : {tiny, 1.0f, kMax}) {
      for (const float subtract : {-kMax, 0.0f, kMax}) {
        for (const float share : {0.0f, tiny, 1.0f}) {
          for (const int count : {0, 1, std::numeric_limits<int>::max()}) {
            const SamplingOptions options = {temperature, count,    share,     share,       penalty,
                                             subtract,    subtract, count - 1, ~uint64_t{0}};
            ASSERT_TRUE(Validate(options));
            const auto token = Sampler(options).Sample(logits, history);
            ASSERT_TRUE(token);
            EXPECT_TRUE(*token >= 0 && *token < 6 && *token != 3) << *token;
          }
        }
      }
    }
  }
}

TEST(Sampler, ReducesToOneToken) {
  Sampler sampler(SamplingOptions{});
  EXPECT_EQ(*sampler.Sample(std::vector<float>{-3}, {}), 0);
}

TEST(SamplingOptions, SenselessOnesAreNamed) {
  const auto message = [](auto change) {
    SamplingOptions options;
    change(options);
    const Status status = Validate(options);
    return status ? "valid" : status.error().message();
  };
  using O = SamplingOptions;
  EXPECT_EQ(message([](O&) {}), "valid");
  EXPECT_EQ(message([](O& o) { o.temperature = -1; }), "temperature is -1; it must be 0 or more");
  EXPECT_EQ(message([](O& o) { o.top_k = -1; }), "top_k is -1; it must be 0 or more");
  EXPECT_EQ(message([](O& o) { o.top_p = 1.5f; }), "top_p is 1.5; it must be from 0 to 1");
  EXPECT_EQ(message([](O& o) { o.min_p = -0.1f; }), "min_p is -0.1; it must be from 0 to 1");
  EXPECT_EQ(message([](O& o) { o.repeat_penalty = 0; }),
            "repeat_penalty is 0; it must be above 0, and 1 is none");
  EXPECT_EQ(message([](O& o) { o.presence_penalty = kInfinity; }),
            "presence_penalty is inf; it must be a number");
  EXPECT_EQ(message([](O& o) { o.penalty_window = -2; }),
            "penalty_window is -2; it must be -1 or more");
  for (float O::*const field : {&O::temperature, &O::top_p, &O::min_p, &O::repeat_penalty,
                                &O::presence_penalty, &O::frequency_penalty}) {
    for (const float value : {kNan, -kInfinity, kInfinity}) {
      EXPECT_NE(message([&](O& o) { o.*field = value; }), "valid");
    }
  }
}

TEST(TopLogprobs, AreTheModelsOwn) {
  const std::vector<float> logits = {1, 3, 2, 3};
  const double log_total = std::log(std::exp(1) + std::exp(3) + std::exp(2) + std::exp(3));
  const auto top = TopLogprobs(logits, 2, 3);
  ASSERT_EQ(top.size(), 4u);
  const TokenId tokens[] = {2, 1, 3, 2};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(top[i].token, tokens[i]);
    EXPECT_NEAR(top[i].logprob, logits[static_cast<size_t>(tokens[i])] - log_total, 1e-6);
  }
}

TEST(TopLogprobs, TakesAnyLogitsAndCounts) {
  EXPECT_EQ(TopLogprobs(std::vector<float>{1, 2}, 0, 1000).size(), 3u);
  EXPECT_EQ(TopLogprobs(std::vector<float>{1, 2}, 0, -1).size(), 1u);
  EXPECT_EQ(TopLogprobs({}, 0, 5)[0].logprob, -kInfinity);
  EXPECT_EQ(TopLogprobs(std::vector<float>{1, 2}, 7, 0)[0].logprob, -kInfinity);
  const auto top = TopLogprobs(std::vector<float>{kNan, 0, -kInfinity, 0}, 0, 4);
  EXPECT_EQ(top[0].logprob, -kInfinity);
  EXPECT_EQ(top[1].token, 1);
  EXPECT_NEAR(top[1].logprob, std::log(0.5), 1e-6);
  EXPECT_EQ(top[3].logprob, -kInfinity);
  for (const TokenLogprob& each : TopLogprobs(std::vector<float>{kNan, -kInfinity}, 1, 2)) {
    EXPECT_EQ(each.logprob, -kInfinity);
  }
}

}  // namespace
}  // namespace ingle
