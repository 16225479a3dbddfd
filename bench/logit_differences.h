// How far the next-token probabilities of one engine are from those of another: what arithmetic and
// smaller caches cost.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <vector>

#include "engine/engine.h"

namespace ingle {

// At one token of a text.
struct LogitDifference {
  double divergence = 0;  // Kullback-Leibler, in nats
  double surprise = 0;    // how much less likely the text's next token is, in nats
  bool same_choice = false;
};

inline double LogOfSum(std::span<const float> logits, float best) {
  double sum = 0;
  for (const float logit : logits) sum += std::exp(double{logit} - best);
  return best + std::log(sum);
}

inline LogitDifference CompareLogits(std::span<const float> want, std::span<const float> got,
                                     TokenId next) {
  const auto best = std::max_element(want.begin(), want.end());
  const auto got_best = std::max_element(got.begin(), got.end());
  const double want_sum = LogOfSum(want, *best);
  const double got_sum = LogOfSum(got, *got_best);
  LogitDifference difference;
  for (size_t i = 0; i < want.size(); ++i) {
    const double log_p = want[i] - want_sum;
    difference.divergence += std::exp(log_p) * (log_p - (got[i] - got_sum));
  }
  const auto token = static_cast<size_t>(next);
  difference.surprise = (want[token] - want_sum) - (got[token] - got_sum);
  difference.same_choice = best - want.begin() == got_best - got.begin();
  return difference;
}

// Those at a text's tokens from `first` on, but the last, which none follows; put behind what is in
// differences. REQUIRES: engines of one vocabulary, and 0 < first < tokens.size().
inline Status CompareEngines(Engine& want, Engine& got, std::span<const TokenId> tokens,
                             size_t first, std::vector<LogitDifference>& differences) {
  constexpr size_t kRows = 64;  // of logits at a time
  const auto a = want.NewSession();
  const auto b = got.NewSession();
  const size_t columns = want.model_info().answer_columns;
  if (const auto begun = want.Prefill(*a, tokens.first(first)); !begun) return Fail(begun.error());
  if (const auto begun = got.Prefill(*b, tokens.first(first)); !begun) return Fail(begun.error());
  const size_t end = tokens.size() - 1;
  for (size_t at = first; at < end; at += kRows) {
    const auto part = tokens.subspan(at, std::min(kRows, end - at));
    const StepItem of_want{a.get(), part, StepItem::Logits::kAll};
    const StepItem of_got{b.get(), part, StepItem::Logits::kAll};
    const auto p = want.Step({&of_want, 1});
    if (!p) return Fail(p.error());
    const auto q = got.Step({&of_got, 1});
    if (!q) return Fail(q.error());
    for (size_t row = 0; row < part.size(); ++row) {
      differences.push_back(CompareLogits(p->subspan(row * columns, columns),
                                          q->subspan(row * columns, columns),
                                          tokens[at + row + 1]));
    }
  }
  return {};
}

}  // namespace ingle
