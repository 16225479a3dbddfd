#include "commands/health.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <optional>

#include "base/cpu.h"
#include "base/memory.h"
#include "files/file_io.h"
#include "kernels/kernel_set.h"
#include "model_access.h"
#include "store/catalogue.h"
#include "store/hub.h"
#include "store/inventory.h"
#include "store/other_programs.h"
#include "store/subprocess.h"
#include "store/wheel.h"
#include "terminal/units.h"

namespace ingle {
namespace {

Finding Processor() {
  const std::string text =
      Cat(UsableProcessors(), " usable, instructions: ", ToString(UsableCpuFeatures()),
          Environment("INGLE_CPU").empty() ? "" : " (narrowed by INGLE_CPU)");
  const std::string kept_back = KeptBack(MachineFeatures());
  if (kept_back.empty()) return {"processor", Health::kFine, text};
  return {"processor", Health::kWarning, Cat(text, "; ", kept_back)};
}

// Which matrix product each weight type gets, types with the same one together.
Finding Kernels() {
  const KernelSet kernels;
  std::map<std::string, std::string> types;  // by kernel
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto type = static_cast<DType>(i);
    if (IsInteger(type)) continue;
    std::string& list = types[kernels.matmul(type).name];
    list += Cat(list.empty() ? "" : " ", Name(type));
  }
  std::string text = "matmul";
  for (const auto& [kernel, list] : types) text += Cat(" ", kernel, " for ", list, ";");
  const AttentionKernel& reading = kernels.attention(CacheType::kF16, false);
  const AttentionKernel& writing = kernels.attention(CacheType::kF16, true);
  text += Cat(" attention ", reading.name, &reading == &writing ? "" : Cat(" or ", writing.name),
              ", elementwise ", kernels.elementwise().name, ", quantize_q8 ",
              kernels.quantize_q8().name);
  return {"kernels", Health::kFine, text};
}

// What there is for a model is as `ingle fit` says it.
Finding Memory() {
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const auto total = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * page;
  const std::optional<uint64_t> available = AvailableMemory();
  return {"memory", Health::kFine,
          Cat(HumanBytes(total), ", ", available ? HumanBytes(*available) : "an unknown part",
              " available")};
}

// The nearest folder that exists, at path or above it.
std::string NearestFolder(std::string path) {
  while (!FileExists(path) && path != "/" && path != ".") path = ParentOf(path);
  return path;
}

Finding Store(const Context& context) {
  const std::string& root = context.paths.models;
  const std::string folder = NearestFolder(root);
  struct statvfs disk;
  std::string text = root;
  if (folder != root) text += " (will be created)";
  if (statvfs(folder.c_str(), &disk) == 0) {
    text += Cat(", ", HumanBytes(uint64_t{disk.f_bavail} * disk.f_frsize), " free");
  }
  if (access(folder.c_str(), W_OK | X_OK) != 0) {
    return {"store", Health::kWarning, text + "; not writable: models cannot be fetched into it"};
  }
  return {"store", Health::kFine, text};
}

struct FolderSize {
  size_t files = 0;
  uint64_t bytes = 0;
};

FolderSize SizeOf(const std::string& folder) {
  namespace fs = std::filesystem;
  FolderSize size;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const Result<uint64_t> bytes = FileSize(at->path().string());
    if (!bytes) continue;
    ++size.files;
    size.bytes += *bytes;
  }
  return size;
}

// Weights of models that were run, as this processor takes them.
Finding KeptPanels(const Context& context) {
  const std::string& root = context.paths.panels;
  const FolderSize size = SizeOf(root);
  std::string text = root;
  if (!FileExists(root)) text += " (will be created)";
  if (size.files > 0) {
    text +=
        Cat(", ", HumanBytes(size.bytes), " in ", size.files, size.files == 1 ? " file" : " files");
  }
  if (!context.settings.keep_panels) {
    return {"panels", Health::kFine, text + "; keep_panels is false: weights are not kept"};
  }
  if (access(NearestFolder(root).c_str(), W_OK | X_OK) != 0) {
    return {"panels", Health::kWarning,
            text + "; not writable: each start lays a model's weights out in memory"};
  }
  return {"panels", Health::kFine, text};
}

Finding Models(const Context& context) {
  const Result<Catalogue> catalogue = Catalogue::Load(context.paths);
  if (!catalogue) return {"catalogue", Health::kBroken, catalogue.error().message()};
  std::vector<ListedModel> models = ListModels(*catalogue, StoreOf(context), context.paths);
  CheckModels(models);
  std::string here;
  for (const ListedModel& model : models) {
    if (model.entry == nullptr) continue;
    if (model.state == ModelState::kDamaged) {
      return {"catalogue", Health::kWarning,
              Cat(model.name, " is damaged: ", model.trouble, "; 'ingle rm ", model.name,
                  "' takes it away")};
    }
    if (model.state == ModelState::kHere) here += Cat(here.empty() ? "" : " ", model.name);
  }
  return {"catalogue", Health::kFine,
          Cat(context.paths.catalogue, ", ", catalogue->entries().size(),
              catalogue->entries().size() == 1 ? " model" : " models",
              "; here: ", here.empty() ? "none" : here)};
}

Finding OtherPrograms(const Context& context) {
  std::map<std::string, size_t> counts;
  for (const KeptModel& kept : ModelsOfOthers(context.paths)) ++counts[kept.keeper];
  std::string text;
  for (const auto& [keeper, count] : counts) {
    text += Cat(text.empty() ? "" : ", ", count, count == 1 ? " model" : " models", " in ", keeper);
  }
  return {"others", Health::kFine,
          text.empty() ? "no other program keeps models where Ingle looks" : text};
}

Finding Configuration(const Context& context) {
  if (context.config_error) {
    return {"configuration", Health::kBroken, context.config_error->message()};
  }
  const std::string& file = context.paths.config_file;
  return {"configuration", Health::kFine, FileExists(file) ? file : Cat(file, " (not there)")};
}

Finding Variables(const Context& context) {
  if (context.environment_error) {
    return {"environment", Health::kBroken, context.environment_error->message()};
  }
  std::string unknown;
  for (const std::string& name : UnknownVariables()) {
    unknown += Cat(unknown.empty() ? "" : " ", name);
  }
  if (unknown.empty()) return {"environment", Health::kFine, "every INGLE_* variable is known"};
  return {"environment", Health::kWarning, Cat("nothing reads ", unknown)};
}

Finding Pip() {
  for (std::vector<std::string> command : PipCommands()) {
    command.push_back("--version");
    const Result<SubprocessResult> ran = RunProgram(command, {}, [] {});
    if (!ran || ran->exit_status != 0) continue;
    return {"pip", Health::kFine, ran->output.substr(0, ran->output.find('\n'))};
  }
  return {"pip", Health::kWarning,
          "none: models that travel in Python packages cannot be fetched (Debian package "
          "python3-pip)"};
}

Finding HubAccess(const Context& context) {
  const Result<Hub> hub = Hub::FromEnvironment(context.paths);
  if (!hub) return {"hub", Health::kBroken, hub.error().message()};
  return {"hub", Health::kFine,
          Cat(hub->endpoint(), hub->has_token() ? ", with a token" : ", without a token")};
}

Finding Network(const Context& context) {
  std::string text;
  for (const char* name : {"HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"}) {
    // A proxy's address may hold a password: that it is set is enough.
    if (!Environment(name).empty()) text += Cat(name, " is set; ");
  }
  const std::string certificates = Environment("SSL_CERT_FILE");
  if (!certificates.empty() && access(certificates.c_str(), R_OK) != 0) {
    return {"network", Health::kBroken,
            Cat("SSL_CERT_FILE names '", certificates, "', which cannot be read")};
  }
  if (!certificates.empty()) text += Cat("certificates from ", certificates, "; ");
  text += context.settings.offline ? "offline: nothing is fetched" : "used to fetch models only";
  return {"network", Health::kFine, text};
}

}  // namespace

std::string_view Name(Health health) {
  switch (health) {
    case Health::kFine:
      return "ok";
    case Health::kWarning:
      return "warning";
    case Health::kBroken:
      break;
  }
  return "broken";
}

std::vector<Finding> Examine(const Context& context) {
  return {Processor(),
          Kernels(),
          Memory(),
          Configuration(context),
          Variables(context),
          Models(context),
          Store(context),
          KeptPanels(context),
          OtherPrograms(context),
          Pip(),
          HubAccess(context),
          Network(context),
          {"telemetry", Health::kFine,
           "none exists: nothing is ever sent, with or without DO_NOT_TRACK"}};
}

}  // namespace ingle
