// What is measured, and what came of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/machine.h"

namespace ingle {

// One row of a benchmark.
struct BenchTest {
  enum class Kind {
    kPrefill,  // a prompt of `tokens`, computed as fast as it will go
    kDecode,   // `tokens` steps of one token each
  };
  Kind kind = Kind::kPrefill;
  uint32_t tokens = 0;     // of each sequence
  uint32_t depth = 0;      // tokens that each sequence holds before
  uint32_t sequences = 1;  // that are computed together
  int threads = 1;

  std::string Name() const;  // "pp256", "tg64"
};

// Another program's figure beside ours.
struct PeerFigure {
  std::string name;
  std::string build{};                      // the commit that it was made of, if it says so
  std::vector<double> tokens_per_second{};  // one a repetition; empty: it cannot do this test
  std::vector<double> ratios{};             // ours by its, of the runs next to each other
  std::string error{};                      // why it failed, and there are none; else empty
};

struct BenchFigure {
  BenchTest test;
  std::vector<double> tokens_per_second{};    // of all sequences together, one a repetition
  std::vector<double> first_token_seconds{};  // of prefill: until the first token is drawn
  int threads_used = 1;                       // of test.threads: fewer where that is quicker
  Limits machine{};                           // of test.threads together
  double limit = 0;                           // tokens per second at which the machine is exhausted
  bool memory_bound = false;                  // whether by reading; else by arithmetic
  std::vector<PeerFigure> peers{};

  std::string Threads() const;  // "4"; "3 of 4"
};

// REQUIRES: not empty.
double Mean(std::span<const double> values);
double Deviation(std::span<const double> values);  // of a sample; 0 for a single value
double Median(std::span<const double> values);

}  // namespace ingle
