// ingle rm NAME
#include <algorithm>
#include <cstdio>

#include "command.h"
#include "model_access.h"
#include "store/file_lock.h"
#include "store/model_store.h"
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
    if (IsModelName(name_)) return {};
    return Fail(ErrorCode::kInvalidArgument, Quote(name_),
                " is not the name of a model; rm removes only what 'ingle list' shows");
  }

  Status Run(Context& context) override {
    const ModelStore store = StoreOf(context);
    const std::vector<std::string> names = store.Names();
    if (std::find(names.begin(), names.end(), name_) == names.end()) {
      return Fail(ErrorCode::kNotFound, Quote(name_), " is not in ", store.root());
    }
    if (!force_ && InputIsTerminal() && !Confirmed(store.FolderOf(name_))) {
      return Fail(ErrorCode::kCancelled, "nothing was removed");
    }
    const Result<FileLock> lock = FileLock::Acquire(
        store.LockOf(name_), [&] { Note(Cat("waiting for another ingle that uses ", name_)); });
    if (!lock) return Fail(lock.error());
    return store.Remove(name_);
  }

 private:
  static bool Confirmed(const std::string& folder) {
    std::fprintf(stderr, "Remove %s? [y/N] ", folder.c_str());
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
