// ingle show MODEL
#include "chat/abilities.h"
#include "command.h"
#include "json_output.h"
#include "model_access.h"
#include "store/catalogue.h"
#include "terminal/output.h"
#include "terminal/units.h"

namespace ingle {
namespace {

class ShowCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context& context) override {
    flags.Argument("MODEL", model_,
                   Cat("a catalogue name or a .gguf file [", context.settings.model, "]"),
                   Flags::Need::kOptional);
    flags.Switch("--json", json_, "one JSON object");
    flags.SetFetch();
  }

  Status Run(Context& context) override {
    if (model_.empty()) model_ = context.settings.model;
    const Result<std::unique_ptr<Engine>> engine = LoadModel(model_, context, OptionsToLook());
    if (!engine) return Fail(engine.error());
    const Result<Catalogue> catalogue = Catalogue::Load(context.paths);
    const CatalogueEntry* entry = catalogue ? catalogue->Find(model_) : nullptr;
    const ChatAbilities abilities = FindAbilities(**engine);
    if (json_) {
      PrintJsonDocument(Facts(**engine, abilities, entry));
    } else {
      PrintFacts(**engine, abilities, entry);
    }
    return {};
  }

 private:
  static std::string_view TaskName(Task task) {
    switch (task) {
      case Task::kGenerate:
        return "generate";
      case Task::kEmbed:
        return "embed";
      case Task::kClassifyText:
        return "classify_text";
      case Task::kClassifyTokens:
        break;
    }
    return "classify_tokens";
  }

  static std::string TaskText(const ModelInfo& model) {
    if (model.task == Task::kGenerate) return "";
    if (model.task == Task::kEmbed) return Cat("embeds, pooling ", Name(model.pooling));
    constexpr size_t kMostShown = 8;
    std::string labels;
    for (size_t i = 0; i < model.labels.names.size() && i <= kMostShown; ++i) {
      labels += Cat(i == 0 ? "" : ", ", i == kMostShown ? "..." : model.labels.names[i]);
    }
    return Cat("classifies ", model.task == Task::kClassifyText ? "texts: " : "tokens: ", labels);
  }

  static Json Facts(const Engine& engine, const ChatAbilities& abilities,
                    const CatalogueEntry* entry) {
    const ModelInfo& model = engine.model_info();
    Json facts = {
        {"name", model.name},
        {"architecture", model.architecture},
        {"licence", model.license},
        {"parameters", model.parameters},
        {"quantization", model.weight_type},
        {"context", model.trained_context},
        {"vocabulary", model.vocabulary},
        {"layers", model.layers},
        {"width", model.width},
        {"heads", model.heads},
        {"kv_heads", model.kv_heads},
        {"chat", abilities.chat},
        {"system", abilities.system},
        {"tools", abilities.tools},
        {"thinking", abilities.thinking},
        {"task", TaskName(model.task)},
        {"pooling", Name(model.pooling)},
        {"labels", model.labels.names},
        {"path", model.path},
        {"size", model.file_bytes},
        {"weight_bytes", engine.info().weight_bytes},
        {"cache_bytes_per_token", engine.info().cache_bytes_per_token},
    };
    if (entry != nullptr) facts["sha256"] = entry->sha256;
    return facts;
  }

  static void PrintFacts(const Engine& engine, const ChatAbilities& abilities,
                         const CatalogueEntry* entry) {
    const ModelInfo& model = engine.model_info();
    const auto line = [](std::string_view label, const std::string& value) {
      std::string padded(label);
      padded.resize(16, ' ');
      if (!value.empty()) Print("  ", padded, WithoutControls(value), "\n");
    };
    Print(OutputStyle().bold, WithoutControls(model.name.empty() ? "Model" : model.name),
          OutputStyle().reset, "\n");
    line("architecture", model.architecture);
    line("parameters", HumanCount(model.parameters));
    line("quantization", model.weight_type);
    line("context", Cat(model.trained_context, " tokens"));
    line("vocabulary", Cat(model.vocabulary, " tokens"));
    line("layers", Cat(model.layers, ", width ", model.width, ", ", model.heads, " heads, ",
                       model.kv_heads, " key/value heads"));
    line("memory", Cat(HumanBytes(engine.info().weight_bytes), " weights, ",
                       HumanBytes(engine.info().cache_bytes_per_token), " a token of context"));
    line("task", TaskText(model));
    if (model.task == Task::kGenerate) line("chat", ChatText(abilities));
    line("licence", model.license);
    line("file", model.path);
    line("size", HumanBytes(model.file_bytes));
    if (entry != nullptr) line("sha256", entry->sha256);
    if (engine.template_error()) line("template", engine.template_error()->message());
  }

  static std::string ChatText(const ChatAbilities& abilities) {
    if (!abilities.chat) return "no template: completes text";
    std::string text = "yes";
    if (abilities.system) text += ", system message";
    if (abilities.tools) text += ", tools";
    if (abilities.thinking) text += ", thinking";
    return text;
  }

  std::string model_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeShow() { return std::make_unique<ShowCommand>(); }

}  // namespace ingle
