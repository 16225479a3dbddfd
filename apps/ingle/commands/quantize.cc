// ingle quantize IN OUT TYPE
#include <filesystem>

#include "base/cpu.h"
#include "command.h"
#include "compress/quantize_file.h"
#include "files/file_io.h"
#include "model_access.h"
#include "terminal/output.h"
#include "terminal/progress.h"
#include "terminal/units.h"

namespace ingle {
namespace {

// "Q4_0 Q4_K_M ..."
std::string MixNames() {
  std::string names;
  for (const QuantizationMix& mix : QuantizationMixes()) {
    names += Cat(names.empty() ? "" : " ", mix.name);
  }
  return names;
}

class QuantizeCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context&) override {
    flags.Argument("IN", in_, "a .gguf file or a catalogue name", Flags::Need::kRequired);
    flags.Argument("OUT", out_, "the file to write", Flags::Need::kRequired);
    flags.Argument("TYPE", type_, MixNames(), Flags::Need::kRequired);
    flags.Set({"threads"});
    flags.SetFetch();
  }

  Status Check(const Context&) override {
    mix_ = FindQuantizationMix(type_);
    if (mix_ == nullptr) {
      return Fail(ErrorCode::kInvalidArgument, Quote(type_), " is no type of weights; there are ",
                  MixNames());
    }
    return {};
  }

  Status Run(Context& context) override {
    const Result<std::string> in = FindModel(in_, context);
    if (!in) return Fail(in.error());
    std::error_code ignored;
    if (std::filesystem::equivalent(*in, out_, ignored)) {
      return Fail(ErrorCode::kInvalidArgument, out_, " is the model: name another file to write");
    }
    const int threads = context.settings.threads;
    WorkerPool pool(threads > 0 ? threads : UsableProcessors());
    std::optional<Progress> progress;
    QuantizeOptions options;
    options.pool = &pool;
    options.progress = [&](const QuantizeProgress& step) {
      if (!progress) {
        progress.emplace("quantize", step.count, Progress::Unit::kSteps, context.settings.quiet);
      }
      progress->Update(step.index + 1, std::string(step.tensor));
    };
    const Status done = QuantizeGguf(*in, out_, *mix_, options);
    progress.reset();
    if (!done) return done;
    const Result<uint64_t> before = FileSize(*in);
    const Result<uint64_t> after = FileSize(out_);
    if (before && after && !context.settings.quiet) {
      Note(Cat(out_, ": ", HumanBytes(*after), " (", in_, ": ", HumanBytes(*before), ")"));
    }
    return {};
  }

 private:
  std::string in_;
  std::string out_;
  std::string type_;
  const QuantizationMix* mix_ = nullptr;
};

}  // namespace

std::unique_ptr<Command> MakeQuantize() { return std::make_unique<QuantizeCommand>(); }

}  // namespace ingle
