// How many workers compute a step on this machine: measured, and kept.
//
// Reading weights is the limit where a step has few tokens, and it may be reached by fewer workers
// than there are; cores may differ, and then the slowest one is waited for. What is right is
// measured rather than guessed. Results are the same at any number of workers, bit for bit.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace ingle {

class Engine;

// 0: all that there are.
struct Tuning {
  int few = 0;   // workers for a step of few tokens: decoding
  int many = 0;  // for one of many: a prompt
};

// What was measured of a number of workers.
struct TuningTrial {
  int workers;
  double few_seconds;   // for a step of one token, at best
  double many_seconds;  // for one of TuningReport::many_tokens
};

constexpr size_t kTuningTokens = 32;

struct TuningReport {
  Tuning chosen;
  size_t many_tokens = 0;           // kTuningTokens, or what a session's step may have
  std::vector<TuningTrial> trials;  // all workers first
};

// Measures for a second or two. Fewer workers than all are chosen where they are a twentieth
// quicker. The engine uses what is chosen from then on. Fails where a step does, and with
// kUnsupported for models that do not go on with a text and on the reference device.
Result<TuningReport> Tune(Engine& engine);

// What was found for this model on this machine, from a file that KeepTuning wrote. Nothing where
// there is none, or it cannot be read.
std::optional<Tuning> KeptTuning(const std::string& file, const Engine& engine);

// Adds it to the file, whole or not at all; what else the file knows stays.
Status KeepTuning(const std::string& file, const Engine& engine, const Tuning& tuning);

}  // namespace ingle
