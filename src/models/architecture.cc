#include "models/architecture.h"

#include "models/llama.h"

namespace ingle {
namespace {

constexpr Architecture kArchitectures[] = {
    {"llama", BuildLlama},
};

std::string KnownNames() {
  std::string names;
  for (const Architecture& architecture : kArchitectures) {
    names += Cat(names.empty() ? "" : ", ", architecture.name);
  }
  return names;
}

}  // namespace

std::span<const Architecture> Architectures() { return kArchitectures; }

Result<Model> BuildModel(const Checkpoint& checkpoint) {
  for (const Architecture& architecture : kArchitectures) {
    if (architecture.name != checkpoint.architecture()) continue;
    auto model = architecture.build(checkpoint);
    if (!model) return Fail(model.error(), checkpoint.name());
    return model;
  }
  return Fail(ErrorCode::kUnsupported, checkpoint.name(), ": architecture ",
              Quote(checkpoint.architecture()), " is not supported; known are: ", KnownNames());
}

}  // namespace ingle
