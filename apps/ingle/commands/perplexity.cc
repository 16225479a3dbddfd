// ingle perplexity MODEL FILE
#include "engine/perplexity.h"

#include "command.h"
#include "files/file_io.h"
#include "json_output.h"
#include "model_access.h"
#include "terminal/output.h"
#include "terminal/progress.h"
#include "terminal/units.h"

namespace ingle {
namespace {

constexpr int64_t kMostChunks = 1'000'000'000;
constexpr int64_t kLongestContext = int64_t{1} << 24;

class PerplexityCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context&) override {
    flags.Argument("MODEL", model_, "a catalogue name or a .gguf file", Flags::Need::kRequired);
    flags.Argument("FILE", file_, "the text; - is standard input", Flags::Need::kRequired);
    flags.Number("--chunks", chunks_, "N", "stop after N chunks; 0: all [0]", 0, kMostChunks);
    flags.Number("-c,--ctx-size", context_, "N", "tokens of a chunk [512]", 4, kLongestContext);
    flags.Switch("--json", json_, "one JSON object");
    flags.Set({"check_memory", "threads", "batch_size", "device", "cache_type"});
    flags.SetFetch();
  }

  Status Run(Context& context) override {
    const Result<std::string> text = ReadWhole(file_);
    if (!text) return Fail(text.error());
    context.settings.fit_context = false;  // chunks of another length give another figure
    EngineOptions engine_options = EngineOptionsOf(context);
    engine_options.context = static_cast<uint32_t>(context_);
    const Result<std::unique_ptr<Engine>> engine = LoadModel(model_, context, engine_options);
    if (!engine) return Fail(engine.error());
    const Result<Perplexity> measured = Measure(**engine, *text, context.settings.quiet);
    if (!measured) return Fail(measured.error(), NameOfInput(file_));
    Report(**engine, *measured);
    return {};
  }

 private:
  Result<Perplexity> Measure(Engine& engine, const std::string& text, bool quiet) const {
    std::optional<Progress> progress;
    PerplexityOptions options;
    options.context = static_cast<uint32_t>(context_);
    options.chunks = static_cast<uint32_t>(chunks_);
    options.on_chunk = [&](uint32_t done, uint32_t total, double perplexity) {
      if (!progress) progress.emplace("perplexity", total, Progress::Unit::kSteps, quiet);
      progress->Update(done, Fixed(perplexity, 4));
    };
    return MeasurePerplexity(engine, text, options);
  }

  void Report(const Engine& engine, const Perplexity& measured) const {
    if (!json_) {
      Print("perplexity ", Fixed(measured.perplexity, 4), " +/- ", Fixed(measured.error, 4), " (",
            measured.chunks, " chunks of ", context_, " tokens)\n");
      return;
    }
    PrintJsonDocument({{"model", engine.model_info().path},
                       {"file", file_},
                       {"perplexity", measured.perplexity},
                       {"error", measured.error},
                       {"chunks", measured.chunks},
                       {"context", context_},
                       {"scored_tokens", measured.scored_tokens},
                       {"device", engine.info().device},
                       {"cache_type", Name(engine.info().cache_type)},
                       {"threads", engine.info().threads}});
  }

  std::string model_;
  std::string file_;
  int64_t chunks_ = 0;
  int64_t context_ = 512;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> MakePerplexity() { return std::make_unique<PerplexityCommand>(); }

}  // namespace ingle
