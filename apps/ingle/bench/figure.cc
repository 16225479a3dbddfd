#include "bench/figure.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace ingle {

std::string BenchTest::Name() const { return Cat(kind == Kind::kPrefill ? "pp" : "tg", tokens); }

std::string BenchFigure::Threads() const {
  return threads_used == test.threads ? Cat(test.threads) : Cat(threads_used, " of ", test.threads);
}

double Mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double Deviation(std::span<const double> values) {
  if (values.size() < 2) return 0;
  const double mean = Mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

double Median(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

}  // namespace ingle
