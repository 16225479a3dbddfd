// ingle list
#include <algorithm>

#include <nlohmann/json.hpp>

#include "command.h"
#include "files/file_io.h"
#include "json_output.h"
#include "model_access.h"
#include "store/model_store.h"
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
    if (names_) {
      for (const CatalogueEntry& entry : catalogue->entries()) Print(entry.name, "\n");
    } else if (json_) {
      PrintJson(*catalogue, store);
    } else {
      PrintTable(*catalogue, store);
    }
    return {};
  }

 private:
  static void PrintTable(const Catalogue& catalogue, const ModelStore& store) {
    size_t width = 4;
    for (const CatalogueEntry& entry : catalogue.entries()) {
      width = std::max(width, entry.name.size());
    }
    const auto pad = [](std::string text, size_t to) {
      text.resize(std::max(text.size(), to), ' ');
      return text;
    };
    const Style& style = OutputStyle();
    Print(style.bold, pad("NAME", width), "  HERE  ", pad("SIZE", 8), "  ABOUT", style.reset, "\n");
    for (const CatalogueEntry& entry : catalogue.entries()) {
      const bool here = store.SeemsToHold(entry);
      Print(pad(entry.name, width), "  ", here ? style.green : "", here ? "yes " : "no  ",
            here ? style.reset : "", "  ", pad(HumanBytes(entry.size), 8), "  ", entry.description,
            entry.licence.empty() ? "" : Cat(" (", entry.licence, ")"), "\n");
    }
    for (const std::string& name : store.Names()) {
      if (catalogue.Find(name) != nullptr) continue;
      Print(pad(name, width), "  ?     ", pad("", 8), "  in the store, not in the catalogue\n");
    }
  }

  static void PrintJson(const Catalogue& catalogue, const ModelStore& store) {
    Json models = Json::array();
    for (const CatalogueEntry& entry : catalogue.entries()) {
      const bool here = store.SeemsToHold(entry);
      Json sources = Json::array();
      for (const ModelSource& source : entry.sources) sources.push_back(Describe(source));
      models.push_back({{"name", entry.name},
                        {"description", entry.description},
                        {"licence", entry.licence},
                        {"present", here},
                        {"size", entry.size},
                        {"sha256", entry.sha256},
                        {"path", store.FileOf(entry)},
                        {"sources", std::move(sources)}});
    }
    PrintJsonDocument({{"store", store.root()}, {"models", std::move(models)}});
  }

  bool json_ = false;
  bool names_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeList() { return std::make_unique<ListCommand>(); }

}  // namespace ingle
