// ingle inspect FILE
#include <filesystem>

#include "command.h"
#include "commands/gguf_report.h"
#include "commands/safetensors_report.h"
#include "graph/print.h"
#include "model_access.h"
#include "models/huggingface/folder.h"
#include "terminal/output.h"

namespace ingle {
namespace {

bool IsCheckpoint(const std::string& model) {
  std::error_code ignored;
  return model.ends_with(".safetensors") || std::filesystem::is_directory(model, ignored);
}

class InspectCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context&) override {
    flags.Argument("FILE", model_,
                   "a .gguf or .safetensors file, a checkpoint folder or a catalogue name",
                   Flags::Need::kRequired);
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
    if (IsCheckpoint(model_)) return InspectCheckpoint();
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
  Status InspectCheckpoint() const {
    const Result<SafetensorsFile> file = OpenSafetensors(model_);
    if (!file) return Fail(file.error());
    const auto text = ReadTextFile(model_ + "/config.json");
    if (!text) return Fail(text.error());
    const Json config = *text ? Json::parse(**text, nullptr, false) : Json();
    if (json_) {
      PrintJsonDocument(SafetensorsJson(*file, config));
    } else {
      PrintSafetensors(*file, config, tensors_);
    }
    return {};
  }

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
