// A benchmark's results: for people, for spreadsheets, for programs.
#pragma once

#include <string>
#include <vector>

#include "bench/figure.h"
#include "bench/machine.h"
#include "engine/engine.h"
#include "json_output.h"

namespace ingle {

struct BenchReport {
  std::string processor;
  int processors = 0;
  std::string instructions;
  std::vector<MachineLimits> limits;  // one for each number of threads that was asked for

  ModelInfo model;
  EngineInfo engine;
  double load_seconds = 0;
  uint64_t resident_bytes = 0;  // after the tests

  std::vector<std::string> peers;
  std::vector<BenchFigure> figures;
};

// A program beside ours that failed in a test is told as such (JSON has its `error`), without
// figures; one that has no such test is left out, or has empty cells.
std::string MarkdownOf(const BenchReport& report);
std::string CsvOf(const BenchReport& report);
Json JsonOf(const BenchReport& report);

// Bars: one group for each figure, prefill apart from decoding. A document of its own.
std::string SvgOf(const BenchReport& report);

}  // namespace ingle
