#include "engine/tuning.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <system_error>

#include "base/atomic_file.h"
#include "base/cpu.h"
#include "engine/engine.h"

namespace ingle {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kBudget = 0.7;       // seconds for either kind of step
constexpr int kMostRounds = 20;       // of trials, within it
constexpr double kWorthwhile = 0.95;  // of the time that all workers take
constexpr size_t kMostKept = 10000;   // in a file

// All, three quarters, half and a quarter of them.
std::vector<TuningTrial> Candidates(int workers) {
  std::vector<TuningTrial> candidates;
  constexpr double kNone = std::numeric_limits<double>::infinity();
  for (int quarters = 4; quarters > 0; --quarters) {
    const int count = std::max(1, workers * quarters / 4);
    if (!candidates.empty() && candidates.back().workers == count) continue;
    candidates.push_back({count, kNone, kNone});
  }
  return candidates;
}

size_t MostTokens(const EngineInfo& engine) {
  return std::min<size_t>({kTuningTokens, engine.batch_tokens, engine.context});
}

class Tuner {
 public:
  explicit Tuner(Engine& engine)
      : engine_(engine),
        report_{{}, MostTokens(engine.info()), Candidates(engine.info().threads)} {}

  Result<TuningReport> Run() {
    const Tuning before = engine_.tuning();
    Status measured = Measure(1, &Tuning::few, &TuningTrial::few_seconds);
    if (measured) {
      measured = Measure(report_.many_tokens, &Tuning::many, &TuningTrial::many_seconds);
    }
    engine_.SetTuning(measured ? report_.chosen : before);
    if (!measured) return Fail(measured.error());
    return report_;
  }

 private:
  // In rounds, so that what else the machine does meets all candidates alike.
  Status Measure(size_t tokens, int Tuning::*workers, double TuningTrial::*seconds) {
    if (const auto warm = Time(tokens); !warm) return Fail(warm.error());
    double spent = 0;
    for (int round = 0; round < kMostRounds && spent < kBudget; ++round) {
      for (TuningTrial& trial : report_.trials) {
        Tuning tuning;
        tuning.*workers = trial.workers;
        engine_.SetTuning(tuning);
        const auto time = Time(tokens);
        if (!time) return Fail(time.error());
        trial.*seconds = std::min(trial.*seconds, *time);
        spent += *time;
      }
    }
    report_.chosen.*workers = Best(seconds);
    return {};
  }

  Result<double> Time(size_t tokens) {
    const std::vector<TokenId> ids(tokens, 0);
    const auto session = engine_.NewSession();
    const auto role = tokens > 1 ? StepItem::Role::kRead : StepItem::Role::kWritten;
    const StepItem item{session.get(), ids, StepItem::Logits::kLast, role};
    const auto begin = std::chrono::steady_clock::now();
    const auto done = engine_.Step({&item, 1});
    if (!done) return Fail(done.error());
    return Seconds(std::chrono::steady_clock::now() - begin).count();
  }

  int Best(double TuningTrial::*seconds) const {
    const auto& best = *std::min_element(
        report_.trials.begin(), report_.trials.end(),
        [&](const TuningTrial& a, const TuningTrial& b) { return a.*seconds < b.*seconds; });
    const TuningTrial& all = report_.trials.front();
    return best.*seconds < kWorthwhile * all.*seconds ? best.workers : 0;
  }

  Engine& engine_;
  TuningReport report_;
};

// By what decides the time of a step: a folder of caches may be seen from several machines, and a
// machine's processors be fewer for the next process.
std::string KeyOf(const Engine& engine) {
  const ModelInfo& model = engine.model_info();
  const EngineInfo& info = engine.info();
  return Cat(info.device, ", ", ProcessorName(), ", ", UsableProcessors(), " processors, ",
             info.threads, " workers, ", model.architecture, ", ", model.parameters,
             " parameters, ", model.weight_type, ", cache ", Name(info.cache_type));
}

// The file has a line for each: the two numbers and the key.
using Tunings = std::map<std::string, Tuning>;

// What can be read of it.
Tunings ReadTunings(const std::string& path) {
  Tunings tunings;
  std::ifstream in(path, std::ios::binary);
  Tuning tuning;
  std::string key;
  while (tunings.size() < kMostKept && in >> tuning.few >> tuning.many &&
         std::getline(in >> std::ws, key)) {
    tunings[key] = tuning;
  }
  return tunings;
}

std::string ToText(const Tunings& tunings) {
  std::string text;
  for (const auto& [key, tuning] : tunings) {
    text += Cat(tuning.few, " ", tuning.many, " ", key, "\n");
  }
  return text;
}

}  // namespace

Result<TuningReport> Tune(Engine& engine) {
  const ModelInfo& model = engine.model_info();
  if (model.task != Task::kGenerate || model.start_token || engine.program() == nullptr) {
    return Fail(ErrorCode::kUnsupported, model.path,
                ": only models that go on with a text are tuned, on the CPU device");
  }
  return Tuner(engine).Run();
}

std::optional<Tuning> KeptTuning(const std::string& file, const Engine& engine) {
  const Tunings known = ReadTunings(file);
  const auto found = known.find(KeyOf(engine));
  if (found == known.end()) return std::nullopt;
  const auto possible = [&](int workers) {
    return workers >= 0 && workers <= engine.info().threads;
  };
  const Tuning& tuning = found->second;
  if (!possible(tuning.few) || !possible(tuning.many)) return std::nullopt;
  return tuning;
}

Status KeepTuning(const std::string& file, const Engine& engine, const Tuning& tuning) {
  Tunings known = ReadTunings(file);
  known[KeyOf(engine)] = tuning;
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(file).parent_path(), ignored);
  auto out = AtomicFile::Create(file);
  if (!out) return Fail(out.error());
  if (const Status written = out->Write(AsBytes(ToText(known))); !written) return written;
  return out->Commit();
}

}  // namespace ingle
