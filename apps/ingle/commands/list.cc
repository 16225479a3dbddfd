// ingle list
#include <algorithm>

#include <nlohmann/json.hpp>

#include "command.h"
#include "json_output.h"
#include "model_access.h"
#include "store/inventory.h"
#include "terminal/output.h"
#include "terminal/units.h"

namespace ingle {
namespace {

class ListCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context&) override {
    flags.Alias("ls");
    flags.Switch("--json", json_, "one JSON object");
    flags.Switch("--names", names_, "the names alone, one a line");
  }

  Status Check(const Context&) override {
    if (!json_ || !names_) return {};
    return Fail(ErrorCode::kInvalidArgument, "--json and --names exclude each other");
  }

  Status Run(Context& context) override {
    const Result<Catalogue> catalogue = Catalogue::Load(context.paths);
    if (!catalogue) return Fail(catalogue.error());
    const ModelStore store = StoreOf(context);
    std::vector<ListedModel> models = ListModels(*catalogue, store, context.paths);
    if (names_) {
      PrintNames(models);
      return {};
    }
    CheckModels(models);
    if (json_) {
      PrintJson(models, store);
    } else {
      PrintTable(models);
    }
    return {};
  }

 private:
  static void PrintNames(const std::vector<ListedModel>& models) {
    for (const ListedModel& model : models) {
      if (model.state != ModelState::kUnknown) Print(WithoutControls(model.name), "\n");
    }
  }

  // The column HERE, and its colour.
  static std::pair<const char*, const char*> Here(ModelState state, const Style& style) {
    switch (state) {
      case ModelState::kHere:
        return {"yes", style.green};
      case ModelState::kDamaged:
        return {"damaged", style.red};
      case ModelState::kAbsent:
        return {"no", ""};
      case ModelState::kUnknown:
        break;
    }
    return {"?", ""};
  }

  static std::string About(const ListedModel& model) {
    if (model.state == ModelState::kDamaged) return model.trouble;
    if (model.licence.empty()) return model.description;
    return Cat(model.description, model.description.empty() ? "(" : " (", model.licence, ")");
  }

  static void PrintTable(const std::vector<ListedModel>& models) {
    size_t width = 4;
    for (const ListedModel& model : models) width = std::max(width, model.name.size());
    const auto pad = [](std::string text, size_t to) {
      text.resize(std::max(text.size(), to), ' ');
      return text;
    };
    const Style& style = OutputStyle();
    Print(style.bold, pad("NAME", width), "  HERE     ", pad("SIZE", 8), "  ABOUT", style.reset,
          "\n");
    for (const ListedModel& model : models) {
      const auto [here, colour] = Here(model.state, style);
      const bool sized = model.state != ModelState::kUnknown;
      Print(WithoutControls(pad(model.name, width)), "  ", colour, pad(here, 7), style.reset, "  ",
            pad(sized ? HumanBytes(model.size) : "", 8), "  ", WithoutControls(About(model)), "\n");
    }
  }

  static void PrintJson(const std::vector<ListedModel>& models, const ModelStore& store) {
    Json list = Json::array();
    for (const ListedModel& model : models) {
      Json sources = Json::array();
      if (model.entry != nullptr) {
        for (const ModelSource& source : model.entry->sources) sources.push_back(Describe(source));
      }
      Json object = {
          {"name", model.name},
          {"description", model.description},
          {"licence", model.licence},
          {"present", IsPresent(model, store)},
          {"state", Name(model.state)},
          {"kept_by", model.keeper},
          {"size", model.size},
          {"sha256", model.entry != nullptr ? model.entry->sha256 : ""},
          {"path", model.path},
          {"sources", std::move(sources)},
      };
      if (!model.trouble.empty()) object["trouble"] = model.trouble;
      list.push_back(std::move(object));
    }
    PrintJsonDocument({{"store", store.root()}, {"models", std::move(list)}});
  }

  // Whether nothing has to be fetched: a file of the right size is there.
  static bool IsPresent(const ListedModel& model, const ModelStore& store) {
    if (model.entry != nullptr) return store.SeemsToHold(*model.entry);
    return model.state == ModelState::kHere || model.state == ModelState::kDamaged;
  }

  bool json_ = false;
  bool names_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeList() { return std::make_unique<ListCommand>(); }

}  // namespace ingle
