// ingle bench MODEL
#include <algorithm>
#include <chrono>
#include <optional>

#include "base/atomic_file.h"
#include "base/cpu.h"
#include "base/memory.h"
#include "bench/measure.h"
#include "bench/peer.h"
#include "bench/report.h"
#include "command.h"
#include "model_access.h"
#include "number_list.h"
#include "terminal/interrupt.h"
#include "terminal/output.h"
#include "terminal/progress.h"

namespace ingle {
namespace {

using Kind = BenchTest::Kind;

constexpr int32_t kMostTokens = 1 << 20;
constexpr int32_t kMostSequences = 1024;
constexpr int32_t kMostThreads = 1024;
constexpr int64_t kMostRepeats = 1000;

// A list of numbers, as a flag gives it.
Result<std::vector<uint32_t>> ParseCounts(std::string_view flag, const std::string& text,
                                          int32_t least, int32_t most) {
  const Result<std::vector<int32_t>> numbers = ParseNumberList(text);
  if (!numbers) {
    return Fail(ErrorCode::kInvalidArgument, flag, ": ", Quote(text), " is no list of numbers");
  }
  for (const int32_t number : *numbers) {
    if (number < least || number > most) {
      return Fail(ErrorCode::kInvalidArgument, flag, ": ", number, " is not in [", least, ", ",
                  most, "]");
    }
  }
  if (numbers->empty()) return Fail(ErrorCode::kInvalidArgument, flag, ": the list is empty");
  return std::vector<uint32_t>(numbers->begin(), numbers->end());
}

struct BenchOptions {
  std::vector<uint32_t> prompts, predictions, depths, sequences, threads;
  int64_t repeats = 5;
  std::vector<Peer> peers;

  // A test of each combination, in the order of the table.
  std::vector<BenchTest> TestsWith(int thread_count) const {
    std::vector<BenchTest> tests;
    for (const uint32_t depth : depths) {
      for (const uint32_t together : sequences) {
        const auto add = [&](Kind kind, const std::vector<uint32_t>& lengths) {
          for (const uint32_t tokens : lengths) {
            if (tokens == 0) continue;
            tests.push_back({kind, tokens, depth, together, thread_count});
          }
        };
        add(Kind::kPrefill, prompts);
        add(Kind::kDecode, predictions);
      }
    }
    return tests;
  }

  size_t TestCount() const { return TestsWith(1).size() * threads.size(); }

  uint32_t Context() const {
    return std::ranges::max(depths) +
           std::max(std::ranges::max(prompts), std::ranges::max(predictions));
  }
};

class Bench {
 public:
  Bench(const BenchOptions& options, const Context& context)
      : options_(options), context_(context) {
    report_.processor = ProcessorName();
    report_.processors = UsableProcessors();
    report_.instructions = ToString(UsableCpuFeatures());
    for (const Peer& peer : options.peers) report_.peers.push_back(peer.name());
  }

  // When interrupted, with fewer figures than there are tests.
  Result<BenchReport> Run(const std::string& model) {
    // Found first: what a fetch takes is no part of loading.
    const Result<std::string> path = FindModel(model, context_);
    if (!path) return Fail(path.error());
    interrupt_.emplace(InterruptScope::Second::kEndsTheProgram);
    progress_.emplace("bench", options_.TestCount() * static_cast<size_t>(options_.repeats),
                      Progress::Unit::kSteps, context_.settings.quiet);
    for (const uint32_t threads : options_.threads) {
      if (interrupt_->flag()) break;
      const Status measured = RunWith(*path, threads);
      if (!measured) return Fail(measured.error());
    }
    progress_.reset();
    return std::move(report_);
  }

 private:
  EngineOptions OptionsWith(uint32_t threads) const {
    EngineOptions options = EngineOptionsOf(context_);
    options.context = options_.Context();
    options.threads = static_cast<int>(threads);
    options.sequences = std::ranges::max(options_.sequences);
    // A step of decoding has a token of each sequence.
    options.batch_tokens = std::max(options.batch_tokens, options.sequences);
    return options;
  }

  // All tests with so many threads; 0: with those that a command which runs the model would use.
  Status RunWith(const std::string& path, uint32_t threads) {
    const auto start = std::chrono::steady_clock::now();
    const Result<std::unique_ptr<Engine>> loaded = LoadFile(path, context_, OptionsWith(threads));
    if (!loaded) return Fail(loaded.error());
    const std::chrono::duration<double> load_time = std::chrono::steady_clock::now() - start;
    Engine& engine = **loaded;
    if (const Status status = CheckContinues(engine.model_info()); !status) return status;
    if (threads == 0) UseTuning(engine, context_);
    if (report_.figures.empty()) {
      report_.model = engine.model_info();
      report_.engine = engine.info();
      report_.load_seconds = load_time.count();
    }
    return MeasureAll(engine);
  }

  static Status CheckContinues(const ModelInfo& model) {
    if (model.task == Task::kGenerate && !model.start_token) return {};
    return Fail(ErrorCode::kUnsupported, model.path,
                ": only models that continue a text are measured, and this one ",
                model.start_token ? "translates" : "embeds or classifies");
  }

  Status MeasureAll(Engine& engine) {
    const ModelWork work = WorkOf(engine);
    const auto read_bytes = static_cast<uint64_t>(work.StepBytes(1));
    Result<MachineLimits> limits = MeasureLimits(engine.info().threads, read_bytes);
    if (!limits) return Fail(limits.error());
    std::vector<BenchFigure> figures;
    for (const BenchTest& test : options_.TestsWith(engine.info().threads)) {
      Result<BenchFigure> figure = Measure(engine, test);
      if (!figure) return Fail(figure.error());
      if (figure->tokens_per_second.size() < static_cast<size_t>(options_.repeats)) break;
      figure->threads_used = ThreadsUsed(engine, test);
      figures.push_back(*std::move(figure));
    }
    MeasureLimitsAgain(read_bytes, *limits);
    for (BenchFigure& figure : figures) {
      const TestLimit limit = LimitOf(figure.test, work, limits->all, engine.info().batch_tokens);
      figure.machine = limits->all;
      figure.limit = limit.tokens_per_second;
      figure.memory_bound = limit.memory_bound;
      report_.figures.push_back(std::move(figure));
    }
    report_.limits.push_back(*std::move(limits));
    return {};
  }

  // Ours and the others' in turn, so that what the machine does beside them meets all alike. When
  // interrupted, fewer of them.
  Result<BenchFigure> Measure(Engine& engine, const BenchTest& test) {
    BenchFigure figure{.test = test};
    for (const Peer& peer : options_.peers) figure.peers.push_back({.name = peer.name()});
    Result<EngineTest> ours = EngineTest::Prepare(engine, test);
    if (!ours) return Fail(ours.error());
    for (int64_t repeat = 0; repeat < options_.repeats && !interrupt_->flag(); ++repeat) {
      const Result<EngineTest::Times> times = ours->Run();
      if (!times) return Fail(times.error());
      const double speed = static_cast<double>(test.tokens) * test.sequences / times->seconds;
      figure.tokens_per_second.push_back(speed);
      if (test.kind == Kind::kPrefill) {
        figure.first_token_seconds.push_back(times->first_token_seconds);
      }
      for (size_t i = 0; i < options_.peers.size() && Peer::CanRun(test); ++i) {
        MeasurePeer(options_.peers[i], engine.model_info().path, test, speed, figure.peers[i]);
      }
      progress_->Update(++done_, test.Name());
    }
    // While the sessions are there: with them go the states of models that have such.
    report_.resident_bytes = std::max(report_.resident_bytes, ResidentMemory());
    return figure;
  }

  // One repetition, after one of ours. What fails is not asked again for the same test, and has no
  // figures of it: the next test may be another matter.
  static void MeasurePeer(const Peer& peer, const std::string& model_path, const BenchTest& test,
                          double ours, PeerFigure& figure) {
    if (!figure.error.empty()) return;
    const auto theirs = peer.Run(model_path, test);
    if (!theirs) {
      figure.error = theirs.error().message();
      figure.tokens_per_second.clear();
      figure.ratios.clear();
      return;
    }
    if (!*theirs) return;
    figure.build = (*theirs)->build;
    figure.tokens_per_second.push_back((*theirs)->tokens_per_second);
    figure.ratios.push_back(ours / (*theirs)->tokens_per_second);
  }

  const BenchOptions& options_;
  const Context& context_;
  BenchReport report_;
  std::optional<InterruptScope> interrupt_;
  std::optional<Progress> progress_;
  uint64_t done_ = 0;
};

// Fails where another program has, with what each of them said first.
Status CheckPeers(const BenchReport& report) {
  std::string failures;
  for (size_t i = 0; i < report.peers.size(); ++i) {
    const auto failed = std::ranges::find_if(
        report.figures, [i](const BenchFigure& figure) { return !figure.peers[i].error.empty(); });
    if (failed == report.figures.end()) continue;
    failures += Cat(failures.empty() ? "" : "; ", report.peers[i], " failed in ",
                    failed->test.Name(), ": ", failed->peers[i].error);
  }
  return failures.empty() ? Status() : Fail(ErrorCode::kIo, failures);
}

class BenchCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context&) override {
    flags.Argument("MODEL", model_, "a catalogue name or a .gguf file", Flags::Need::kRequired);
    flags.Text("-p,--prompt", prompts_, "N", "tokens of a prompt; 0: none [256]");
    flags.Text("-n,--predict", predictions_, "N", "tokens to decode; 0: none [64]");
    flags.Text("-d,--depth", depths_, "N", "tokens that stand before them [0]");
    flags.Text("-b,--sequences", sequences_, "N", "sequences that are computed together [1]");
    flags.Text("-t,--threads", threads_, "N",
               "threads; 0: as many as were found to suit the model, or one a core [0]");
    flags.Number("-r,--repeats", options_.repeats, "N", "repetitions of each test [5]", 1,
                 kMostRepeats);
    flags.Texts("--against", against_, "NAME=COMMAND",
                "run a program like llama-bench in turn; may be repeated");
    flags.Switch("--json", json_, "one JSON object");
    flags.Switch("--csv", csv_, "a table of comma-separated values");
    flags.Text("--plot", plot_, "FILE", "write a picture too, as SVG");
    flags.Set({"check_memory", "batch_size", "device", "cache_type", "tune"});
    flags.SetFetch();
  }

  Status Check(const Context& context) override {
    if (json_ && csv_) {
      return Fail(ErrorCode::kInvalidArgument, "--json and --csv exclude each other");
    }
    if (threads_.empty()) threads_ = Cat(context.settings.threads);
    const struct {
      std::string_view flag;
      const std::string& text;
      int32_t least, most;
      std::vector<uint32_t>& counts;
    } lists[] = {{"-p", prompts_, 0, kMostTokens, options_.prompts},
                 {"-n", predictions_, 0, kMostTokens, options_.predictions},
                 {"-d", depths_, 0, kMostTokens, options_.depths},
                 {"-b", sequences_, 1, kMostSequences, options_.sequences},
                 {"-t", threads_, 0, kMostThreads, options_.threads}};
    for (const auto& list : lists) {
      const auto counts = ParseCounts(list.flag, list.text, list.least, list.most);
      if (!counts) return Fail(counts.error());
      list.counts = *counts;
    }
    for (const std::string& text : against_) {
      const Result<Peer> peer = Peer::Parse(text);
      if (!peer) return Fail(peer.error(), "--against");
      const auto is_same = [&](const Peer& other) { return other.name() == peer->name(); };
      if (std::ranges::any_of(options_.peers, is_same)) {
        return Fail(ErrorCode::kInvalidArgument, "--against: two programs are called ",
                    Quote(peer->name()));
      }
      options_.peers.push_back(*peer);
    }
    if (options_.TestsWith(1).empty()) {
      return Fail(ErrorCode::kInvalidArgument, "-p 0 and -n 0 leave nothing to measure");
    }
    return {};
  }

  Status Run(Context& context) override {
    context.settings.fit_context = false;  // the tests say how long it is
    if (!plot_.empty()) {
      // Created, and removed: no minute is measured for a picture that cannot be written.
      const Result<AtomicFile> created = AtomicFile::Create(plot_);
      if (!created) return Fail(created.error(), "--plot");
    }
    const Result<BenchReport> report = Bench(options_, context).Run(model_);
    if (!report) return Fail(report.error());
    if (report->figures.empty()) return CheckComplete(*report);
    if (json_) {
      PrintJsonDocument(JsonOf(*report));
    } else {
      Print(csv_ ? CsvOf(*report) : WithoutControls(MarkdownOf(*report)));
    }
    const Status plotted = plot_.empty() ? Status() : WritePicture(*report);
    if (!plotted) return Fail(plotted.error(), "--plot");
    const Status complete = CheckComplete(*report);
    return complete ? CheckPeers(*report) : complete;
  }

 private:
  Status CheckComplete(const BenchReport& report) const {
    if (report.figures.size() == options_.TestCount()) return {};
    return Fail(ErrorCode::kCancelled, "interrupted: ", report.figures.size(), " of ",
                options_.TestCount(), " tests were measured");
  }

  Status WritePicture(const BenchReport& report) const {
    Result<AtomicFile> file = AtomicFile::Create(plot_);
    if (!file) return Fail(file.error());
    const Status written = file->Write(AsBytes(SvgOf(report)));
    return written ? file->Commit() : written;
  }

  std::string model_;
  std::string prompts_ = "256", predictions_ = "64", depths_ = "0", sequences_ = "1", threads_;
  std::vector<std::string> against_;
  std::string plot_;
  bool json_ = false;
  bool csv_ = false;
  BenchOptions options_;
};

}  // namespace

std::unique_ptr<Command> MakeBench() { return std::make_unique<BenchCommand>(); }

}  // namespace ingle
