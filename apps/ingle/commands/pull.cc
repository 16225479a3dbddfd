// ingle pull [NAME]
#include "store/pull.h"
#include "command.h"
#include "model_access.h"
#include "store/model_store.h"
#include "terminal/output.h"

namespace ingle {
namespace {

class PullCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context& context) override {
    flags.Argument("NAME", name_, Cat("a model of the catalogue [", context.settings.model, "]"),
                   Flags::Need::kOptional);
    flags.SetFetch();
  }

  Status Run(Context& context) override {
    const std::string name = name_.empty() ? context.settings.model : name_;
    const Result<Catalogue> catalogue = Catalogue::Load(context.paths);
    if (!catalogue) return Fail(catalogue.error());
    const CatalogueEntry* entry = catalogue->Find(name);
    if (entry == nullptr) {
      return Fail(ErrorCode::kNotFound, "there is no model ", Quote(name),
                  " in the catalogue; 'ingle list' shows what there is");
    }
    const Result<std::string> path =
        Pull(*entry, StoreOf(context), {context.settings.quiet, context.settings.offline});
    if (!path) return Fail(path.error());
    if (!context.settings.quiet) Note(Cat(name, " is at ", *path));
    return {};
  }

 private:
  std::string name_;
};

}  // namespace

std::unique_ptr<Command> MakePull() { return std::make_unique<PullCommand>(); }

}  // namespace ingle
