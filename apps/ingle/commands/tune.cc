// ingle tune MODEL
#include "engine/tuning.h"

#include "command.h"
#include "json_output.h"
#include "model_access.h"
#include "terminal/output.h"
#include "terminal/units.h"

namespace ingle {
namespace {

int WorkersOf(int chosen, const Engine& engine) {
  return chosen > 0 ? chosen : engine.info().threads;
}

double PromptSpeed(const TuningTrial& trial, const TuningReport& report) {
  return static_cast<double>(report.many_tokens) / trial.many_seconds;
}

class TuneCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context&) override {
    flags.Argument("MODEL", model_, "a catalogue name or a .gguf file", Flags::Need::kRequired);
    flags.Switch("--json", json_, "one JSON object");
    flags.Set({"check_memory", "batch_size", "cache_type", "keep_panels"});
    flags.SetFetch();
  }

  Status Run(Context& context) override {
    context.settings.tune = false;  // not as it is loaded, but now
    context.settings.threads = 0;
    context.settings.fit_context = false;
    EngineOptions options = EngineOptionsOf(context);
    options.context = kTuningTokens;  // nothing longer is measured
    const Result<std::unique_ptr<Engine>> engine = LoadModel(model_, context, options);
    if (!engine) return Fail(engine.error());
    const Result<TuningReport> report = Tune(**engine);
    if (!report) return Fail(report.error());
    const Status kept = KeepTuning(context.paths.tunings, **engine, report->chosen);
    if (!kept) return kept;
    json_ ? PrintJson(**engine, *report) : PrintTable(**engine, *report);
    return {};
  }

 private:
  void PrintTable(const Engine& engine, const TuningReport& report) const {
    Print("| threads | decode, tokens/s | prompt, tokens/s |\n|--:|--:|--:|\n");
    for (const TuningTrial& trial : report.trials) {
      Print("| ", trial.workers, " | ", Fixed(1 / trial.few_seconds, 1), " | ",
            Fixed(PromptSpeed(trial, report), 1), " |\n");
    }
    Print("\nfrom now on ", WorkersOf(report.chosen.few, engine), " threads decode and ",
          WorkersOf(report.chosen.many, engine), " read prompts\n");
  }

  void PrintJson(const Engine& engine, const TuningReport& report) const {
    nlohmann::json trials = nlohmann::json::array();
    for (const TuningTrial& trial : report.trials) {
      trials.push_back({{"threads", trial.workers},
                        {"decode_tokens_per_second", 1 / trial.few_seconds},
                        {"prompt_tokens_per_second", PromptSpeed(trial, report)}});
    }
    PrintJsonDocument({{"model", engine.model_info().path},
                       {"decode_threads", WorkersOf(report.chosen.few, engine)},
                       {"prompt_threads", WorkersOf(report.chosen.many, engine)},
                       {"prompt_tokens", report.many_tokens},
                       {"trials", trials}});
  }

  std::string model_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeTune() { return std::make_unique<TuneCommand>(); }

}  // namespace ingle
