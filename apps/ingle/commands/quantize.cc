// ingle quantize IN OUT TYPE
#include "commands/write_model.h"

namespace ingle {
namespace {

class QuantizeCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context&) override {
    options_.verb = "quantize";
    flags.Argument("IN", options_.in, "a .gguf file, a checkpoint folder or a catalogue name",
                   Flags::Need::kRequired);
    flags.Argument("OUT", options_.out, "the file to write", Flags::Need::kRequired);
    flags.Argument("TYPE", type_, MixNames(), Flags::Need::kRequired);
    flags.Set({"threads"});
    flags.SetFetch();
  }

  Status Check(const Context&) override {
    const auto mix = FindMix(type_);
    if (!mix) return Fail(mix.error());
    options_.mix = *mix;
    return {};
  }

  Status Run(Context& context) override { return WriteModel(options_, context); }

 private:
  WriteModelOptions options_;
  std::string type_;
};

}  // namespace

std::unique_ptr<Command> MakeQuantize() { return std::make_unique<QuantizeCommand>(); }

}  // namespace ingle
