// ingle show MODEL
#include "chat/abilities.h"
#include "command.h"
#include "files/file_io.h"
#include "files/model_card.h"
#include "json_output.h"
#include "model_access.h"
#include "store/catalogue.h"
#include "store/hub_record.h"
#include "terminal/output.h"
#include "terminal/units.h"

namespace ingle {
namespace {

class ShowCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context& context) override {
    flags.Argument("MODEL", model_, Cat("any model [", context.settings.model, "]"),
                   Flags::Need::kOptional);
    flags.Switch("--json", json_, "one JSON object");
    flags.SetFetch();
  }

  Status Run(Context& context) override {
    if (model_.empty()) model_ = context.settings.model;
    const Result<std::optional<KeptModel>> here = FindHere(model_, context);
    if (!here) return Fail(here.error());
    const Result<Catalogue> catalogue = Catalogue::Load(context.paths);
    const CatalogueEntry* entry = catalogue ? catalogue->Find(model_) : nullptr;
    if (!*here) return ShowEntry(entry);
    const Result<std::unique_ptr<Engine>> engine = Engine::Load((*here)->path, OptionsToLook());
    if (!engine) return Fail(engine.error());
    const Card card{**engine, FindAbilities(**engine), **here, LicenceOf(**engine), entry};
    if (json_) {
      PrintJsonDocument(Facts(card));
    } else {
      PrintFacts(card);
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

  // All that is known of a model that is here.
  struct Card {
    const Engine& engine;
    ChatAbilities abilities;
    const KeptModel& kept;
    std::string licence;
    const CatalogueEntry* entry;  // null for what is not of the catalogue
  };

  // What the file says, or else what lies beside it: a checkpoint's card, what the hub said.
  static std::string LicenceOf(const Engine& engine) {
    const ModelInfo& model = engine.model_info();
    if (!model.license.empty()) return model.license;
    constexpr uint64_t kLongestCard = uint64_t{4} << 20;
    constexpr int kDeepestFolder = 4;  // of a repository, in which a file may lie
    const Result<std::string> card = ReadWhole(model.path + "/README.md", kLongestCard);
    if (card) return LicenceOfCard(*card);
    std::string folder = ParentOf(model.path);
    for (int up = 0; up < kDeepestFolder; ++up, folder = ParentOf(folder)) {
      const std::string licence = HubRecord::Load(folder).licence;
      if (!licence.empty()) return licence;
    }
    return "";
  }

  // A model that is not here, by what the catalogue says; null for one of a hub.
  Status ShowEntry(const CatalogueEntry* entry) const {
    if (entry == nullptr) {
      return Fail(ErrorCode::kNotFound, Quote(model_), " is not here; 'ingle pull ", model_,
                  "' fetches it");
    }
    Json sources = Json::array();
    for (const ModelSource& source : entry->sources) sources.push_back(Describe(source));
    if (json_) {
      PrintJsonDocument({{"name", entry->name},
                         {"description", entry->description},
                         {"licence", entry->licence},
                         {"present", false},
                         {"size", entry->size},
                         {"sha256", entry->sha256},
                         {"sources", std::move(sources)}});
      return {};
    }
    Print(OutputStyle().bold, entry->name, OutputStyle().reset, "\n");
    Line("about", entry->description);
    Line("licence", entry->licence);
    Line("size", HumanBytes(entry->size));
    Line("sha256", entry->sha256);
    for (const ModelSource& source : entry->sources) Line("source", Describe(source));
    Line("here", Cat("no; 'ingle pull ", entry->name, "' fetches it"));
    return {};
  }

  static Json Facts(const Card& card) {
    const ModelInfo& model = card.engine.model_info();
    const EngineInfo& running = card.engine.info();
    Json facts = {
        {"name", model.name},
        {"architecture", model.architecture},
        {"licence", card.licence},
        {"parameters", model.parameters},
        {"quantization", model.weight_type},
        {"context", model.trained_context},
        {"vocabulary", model.vocabulary},
        {"layers", model.layers},
        {"width", model.width},
        {"heads", model.heads},
        {"kv_heads", model.kv_heads},
        {"chat", card.abilities.chat},
        {"system", card.abilities.system},
        {"tools", card.abilities.tools},
        {"thinking", card.abilities.thinking},
        {"task", TaskName(model.task)},
        {"pooling", Name(model.pooling)},
        {"labels", model.labels.names},
        {"present", true},
        {"kept_by", card.kept.keeper},
        {"path", model.path},
        {"size", model.file_bytes},
        {"weight_bytes", running.weight_bytes},
        {"cache_bytes_per_token", running.cache_bytes_per_token},
        {"state_bytes", running.state_bytes},
    };
    if (card.entry != nullptr) facts["sha256"] = card.entry->sha256;
    return facts;
  }

  static void Line(std::string_view label, const std::string& value) {
    std::string padded(label);
    padded.resize(16, ' ');
    if (!value.empty()) Print("  ", padded, WithoutControls(value), "\n");
  }

  static void PrintFacts(const Card& card) {
    const ModelInfo& model = card.engine.model_info();
    Print(OutputStyle().bold, WithoutControls(model.name.empty() ? "Model" : model.name),
          OutputStyle().reset, "\n");
    Line("architecture", model.architecture);
    Line("parameters", HumanCount(model.parameters));
    Line("quantization", model.weight_type);
    Line("context", Cat(model.trained_context, " tokens"));
    Line("vocabulary", Cat(model.vocabulary, " tokens"));
    Line("layers", Cat(model.layers, ", width ", model.width, ", ", model.heads, " heads, ",
                       model.kv_heads, " key/value heads"));
    Line("memory", MemoryText(card.engine.info()));
    Line("task", TaskText(model));
    if (model.task == Task::kGenerate) Line("chat", ChatText(card.abilities));
    Line("licence", card.licence);
    Line("file", model.path);
    if (!card.kept.keeper.empty()) Line("kept by", card.kept.keeper);
    Line("size", HumanBytes(model.file_bytes));
    if (card.entry != nullptr) Line("sha256", card.entry->sha256);
    if (card.engine.template_error()) Line("template", card.engine.template_error()->message());
  }

  static std::string MemoryText(const EngineInfo& running) {
    std::string text = Cat(HumanBytes(running.weight_bytes), " weights");
    if (running.cache_bytes_per_token > 0) {
      text += Cat(", ", HumanBytes(running.cache_bytes_per_token), " a token of context");
    }
    if (running.state_bytes > 0) text += Cat(", ", HumanBytes(running.state_bytes), " a session");
    return text;
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
