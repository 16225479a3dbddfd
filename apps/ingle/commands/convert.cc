// ingle convert IN OUT
#include <algorithm>

#include "commands/write_model.h"

namespace ingle {
namespace {

class ConvertCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context&) override {
    options_.verb = "convert";
    flags.Argument("IN", options_.in, "a checkpoint folder, a .gguf file or a catalogue name",
                   Flags::Need::kRequired);
    flags.Argument("OUT", options_.out, "the .gguf file to write", Flags::Need::kRequired);
    std::string choices = MixNames();
    std::replace(choices.begin(), choices.end(), ' ', '|');
    flags.Text("--type", type_, choices.c_str(),
               "of the weights; without it they stay as they are");
    flags.Switch("--json", options_.json, "one JSON object");
    flags.Set({"threads"});
    flags.SetFetch();
  }

  Status Check(const Context&) override {
    if (type_.empty()) return {};
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

std::unique_ptr<Command> MakeConvert() { return std::make_unique<ConvertCommand>(); }

}  // namespace ingle
