// ingle inspect FILE
#include "command.h"
#include "commands/gguf_report.h"
#include "graph/print.h"
#include "model_access.h"
#include "terminal/output.h"

namespace ingle {
namespace {

class InspectCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context&) override {
    flags.Argument("FILE", model_, "a .gguf file or a catalogue name", Flags::Need::kRequired);
    flags.Switch("--json", json_, "one JSON object");
    flags.Switch("--full", full_, "with --json: arrays whole, however long");
    flags.Switch("--tensors", tensors_, "a line for every tensor");
    flags.Choice("--graph", graph_, "text|dot",
                 "the model's graph instead, as text or for Graphviz");
    flags.SetFetch();
  }

  Status Check(const Context&) override {
    if (full_ && !json_) return Fail(ErrorCode::kInvalidArgument, "--full is for --json");
    if (!graph_.empty() && (json_ || tensors_)) {
      return Fail(ErrorCode::kInvalidArgument, "--graph prints the graph, and nothing beside it");
    }
    return {};
  }

  Status Run(Context& context) override {
    if (!graph_.empty()) return PrintGraph(context);
    const Result<std::string> path = FindModel(model_, context);
    if (!path) return Fail(path.error());
    const Result<GgufFile> file = OpenGguf(*path);
    if (!file) return Fail(file.error());
    if (json_) {
      PrintJsonDocument(GgufJson(*file, full_));
    } else {
      PrintGguf(*file, tensors_);
    }
    return {};
  }

 private:
  Status PrintGraph(const Context& context) const {
    const Result<std::unique_ptr<Engine>> engine = LoadModel(model_, context, OptionsToLook());
    if (!engine) return Fail(engine.error());
    Print(graph_ == "dot" ? ToDot((*engine)->graph()) : ToText((*engine)->graph()));
    return {};
  }

  std::string model_;
  std::string graph_;
  bool json_ = false;
  bool full_ = false;
  bool tensors_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeInspect() { return std::make_unique<InspectCommand>(); }

}  // namespace ingle
