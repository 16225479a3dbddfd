// ingle rm NAME
#include <algorithm>
#include <cstdio>
#include <functional>

#include "base/file_lock.h"
#include "command.h"
#include "engine/panel_file.h"
#include "files/file_io.h"
#include "model_access.h"
#include "store/hub_store.h"
#include "store/hugging_face_cache.h"
#include "store/model_store.h"
#include "store/other_programs.h"
#include "terminal/output.h"

namespace ingle {
namespace {

class RmCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context&) override {
    flags.Argument("NAME", name_, "a model in the store", Flags::Need::kRequired);
    flags.Switch("-f,--force", force_, "do not ask");
  }

  Status Check(const Context&) override {
    if (IsModelName(name_) || IsHubReference(name_) || IsNameOfOthers(name_)) return {};
    return Fail(ErrorCode::kInvalidArgument, Quote(name_),
                " is not the name of a model; rm removes only what 'ingle list' shows");
  }

  Status Run(Context& context) override {
    const ModelStore store = StoreOf(context);
    if (IsNameOfOthers(name_)) {
      const Result<KeptModel> kept = FindOfOthers(name_, context.paths);
      return kept ? NotOurs(*kept) : Fail(kept.error());
    }
    if (IsHubReference(name_)) return RemoveOfHub(store, context);
    const std::vector<std::string> names = store.Names();
    if (std::find(names.begin(), names.end(), name_) == names.end()) {
      return Fail(ErrorCode::kNotFound, Quote(name_), " is not in ", store.root());
    }
    return Remove(name_, store.FolderOf(name_), store, context.paths.panels,
                  [&] { return store.Remove(name_); });
  }

 private:
  static Status NotOurs(const KeptModel& kept) {
    return Fail(ErrorCode::kUnsupported, Quote(kept.name), " is kept by ", kept.keeper,
                ", and Ingle removes nothing there; ", kept.removal, " does");
  }

  Status RemoveOfHub(const ModelStore& store, const Context& context) const {
    const Result<HubReference> reference = ParseHubReference(name_);
    if (!reference) return Fail(reference.error());
    const std::string folder = store.FolderOf(reference->whole());
    if (!FileExists(folder)) {
      const auto kept = FindInHubCache(*reference, context.paths.hub_cache);
      if (kept) return NotOurs(*kept);
      return Fail(ErrorCode::kNotFound, reference->whole(), " is not in ", store.root());
    }
    const bool all = reference->quant.empty() && reference->file.empty();
    return Remove(reference->whole(), all ? folder : reference->name(), store, context.paths.panels,
                  [&] { return RemoveFromStore(*reference, store); });
  }

  // folder_name: in the store, for the lock. what: as the question calls it.
  Status Remove(const std::string& folder_name, const std::string& what, const ModelStore& store,
                const std::string& panels, const std::function<Status()>& remove) const {
    if (!force_ && InputIsTerminal() && !Confirmed(what)) {
      return Fail(ErrorCode::kCancelled, "nothing was removed");
    }
    const Result<FileLock> lock = FileLock::Acquire(store.LockOf(folder_name), [&] {
      Note(Cat("waiting for another ingle that uses ", folder_name));
    });
    if (!lock) return Fail(lock.error());
    const Status removed = remove();
    RemoveOrphanPanels(panels);
    return removed;
  }

  static bool Confirmed(const std::string& what) {
    std::fprintf(stderr, "Remove %s? [y/N] ", what.c_str());
    char answer[16] = "";
    if (std::fgets(answer, sizeof answer, stdin) == nullptr) return false;
    return answer[0] == 'y' || answer[0] == 'Y';
  }

  std::string name_;
  bool force_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeRm() { return std::make_unique<RmCommand>(); }

}  // namespace ingle
