// ingle fit MODEL
#include "base/memory.h"
#include "command.h"
#include "json_output.h"
#include "memory_report.h"
#include "model_access.h"
#include "terminal/output.h"

namespace ingle {
namespace {

constexpr int64_t kMostSequences = 65536;

class FitCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context&) override {
    flags.Argument("MODEL", model_, "a catalogue name or a .gguf file", Flags::Need::kRequired);
    flags.Number("-b,--sequences", sequences_, "N", "sequences that are computed together [1]", 1,
                 kMostSequences);
    flags.Switch("--json", json_, "one JSON object");
    flags.Set({"ctx_size", "fit_context", "threads", "batch_size", "device", "cache_type",
               "keep_panels"});
    flags.SetFetch();
  }

  Status Run(Context& context) override {
    EngineOptions options = EngineOptionsOf(context);
    options.only_look = true;
    options.sequences = static_cast<uint32_t>(sequences_);
    options.memory_limit.reset();  // what does not fit is told, not refused
    const Result<std::string> path = FindModel(model_, context);
    if (!path) return Fail(path.error());
    Result<std::unique_ptr<Engine>> engine = Engine::Load(*path, options);
    if (!engine) return Fail(engine.error());
    const std::optional<uint64_t> available = AvailableMemory();
    MemoryReport report = ReportMemory(**engine, options.sequences, available);
    if (options.fit_context && !report.fits() && report.longest_context > 0) {
      options.context = report.longest_context;
      engine->reset();
      engine = Engine::Load(*path, options);
      if (!engine) return Fail(engine.error());
      report = ReportMemory(**engine, options.sequences, available);
    }
    if (json_) {
      PrintJsonDocument(JsonOf(report));
    } else {
      Print(WithoutControls(report.model), ": ", TableOf(report));
    }
    return {};
  }

 private:
  std::string model_;
  int64_t sequences_ = 1;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeFit() { return std::make_unique<FitCommand>(); }

}  // namespace ingle
