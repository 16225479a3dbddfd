// ingle pull [NAME]
#include "command.h"
#include "model_access.h"
#include "store/catalogue.h"
#include "store/hub_reference.h"
#include "store/other_programs.h"
#include "terminal/output.h"

namespace ingle {
namespace {

class PullCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context& context) override {
    flags.Argument(
        "NAME", name_,
        Cat("of the catalogue, or hf.co/USER/REPO[:QUANT] [", context.settings.model, "]"),
        Flags::Need::kOptional);
    flags.SetFetch();
  }

  Status Run(Context& context) override {
    const std::string name = name_.empty() ? context.settings.model : name_;
    if (!IsHubReference(name) && !IsNameOfOthers(name)) {
      const Result<Catalogue> catalogue = Catalogue::Load(context.paths);
      if (!catalogue) return Fail(catalogue.error());
      if (catalogue->Find(name) == nullptr) {
        return Fail(ErrorCode::kNotFound, "there is no model ", Quote(name),
                    " in the catalogue; 'ingle list' shows what there is");
      }
    }
    const Result<std::string> path = FindModel(name, context);
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
