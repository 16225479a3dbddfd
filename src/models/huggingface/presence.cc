#include "models/huggingface/presence.h"

#include <algorithm>
#include <charconv>

#include "models/architecture.h"
#include "models/huggingface/placing.h"

namespace ingle {
namespace {

bool IsAlwaysThere(const HuggingFaceNames& names, std::string_view tensor) {
  const auto found = std::find_if(
      names.presence.begin(), names.presence.end(),
      [&](const PresenceRule& rule) { return MatchName(rule.tensor, tensor).has_value(); });
  return found != names.presence.end() && found->field == kAlways;
}

}  // namespace

void ExpectedTensors::Add(std::string_view pattern, std::vector<Presence> layers,
                          std::string because) {
  entries_.push_back({std::string(pattern), std::move(layers), std::move(because)});
}

Expectation ExpectedTensors::Of(std::string_view tensor) const {
  for (const Entry& entry : entries_) {
    const auto numbers = MatchName(entry.pattern, tensor);
    if (!numbers) continue;
    size_t layer = 0;
    if (entry.layers.size() > 1 && !numbers->empty()) {
      const std::string_view digits = numbers->front();
      std::from_chars(digits.data(), digits.data() + digits.size(), layer);
    }
    if (layer >= entry.layers.size()) continue;  // a layer that the model does not have
    return {entry.layers[layer], entry.because};
  }
  return {Presence::kAbsent, ""};
}

bool IsAlwaysThere(std::string_view architecture, std::string_view tensor) {
  bool known = false;
  for (const Architecture& entry : Architectures()) {
    if (entry.name != architecture || entry.hugging_face == nullptr) continue;
    if (!IsAlwaysThere(*entry.hugging_face, tensor)) return false;
    known = true;
  }
  return known;
}

}  // namespace ingle
