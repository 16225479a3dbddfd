#include "tokenizer/answer/sections.h"

#include "tokenizer/answer/call_readers.h"
#include "tokenizer/answer/text.h"

namespace ingle {
namespace {

using Kind = Section::Kind;

// What follows "to=" up to a space or the next special token; empty where there is none.
std::string_view Recipient(std::string_view header) {
  const size_t at = header.find("to=");
  if (at == std::string_view::npos) return {};
  const std::string_view rest = header.substr(at + 3);
  return rest.substr(0, rest.find_first_of(" <"));
}

// The OpenAI harmony format: a channel, and for a call the recipient, in either order.
std::optional<Section> ReadHarmony(std::string_view header) {
  std::string_view to = Recipient(header);
  constexpr std::string_view kFunctions = "functions.";
  if (to.starts_with(kFunctions)) to.remove_prefix(kFunctions.size());
  if (IsCallName(to)) return Section{Kind::kCall, std::string(to)};
  const auto has = [&](std::string_view word) { return header.find(word) != header.npos; };
  if (has("analysis")) return Section{Kind::kThinking, {}};
  if (has("final") || has("commentary")) return Section{Kind::kContent, {}};
  return std::nullopt;
}

// To itself the model thinks. A message to a tool holds calls that name their function themselves.
std::optional<Section> ReadAtem(std::string_view header) {
  const std::string_view to = Recipient(header);
  if (to == "self") return Section{Kind::kThinking, {}};
  if (!to.empty() || Trimmed(header).empty()) return Section{Kind::kContent, {}};
  return std::nullopt;
}

std::optional<Section> ReadFunctionary(std::string_view header) {
  if (header == "all") return Section{Kind::kContent, {}};
  if (!IsCallName(header)) return std::nullopt;
  return Section{Kind::kCall, std::string(header)};
}

}  // namespace

constexpr SectionFormat kHarmonySections = {.open = {"<|start|>assistant", "<|channel|>"},
                                            .end_of_header = "<|message|>",
                                            .close = {"<|end|>", "<|call|>", "<|return|>"},
                                            .read_header = ReadHarmony};

constexpr SectionFormat kAtemSections = {.open = {"<|start|>assistant"},
                                         .end_of_header = "<|message|>",
                                         .close = {"<|eom|>", "<|eot|>"},
                                         .read_header = ReadAtem};

constexpr SectionFormat kFunctionarySections = {
    .open = {">>>"}, .end_of_header = "\n", .close = {}, .read_header = ReadFunctionary};

PromptSection ReadPrompt(const SectionFormat& format, std::string_view prompt) {
  size_t start = std::string_view::npos;  // of the last header
  for (const std::string_view open : format.open) {
    const size_t at = open.empty() ? std::string_view::npos : prompt.rfind(open);
    if (at == std::string_view::npos) continue;
    if (start == std::string_view::npos || at + open.size() > start) start = at + open.size();
  }
  if (start == std::string_view::npos) return {};
  std::string_view header = prompt.substr(start);
  if (header.empty()) return {.in_header = true};
  // A section that the prompt began to say is one whose header ends the prompt.
  if (header.size() > kMaxHeaderSize || !header.ends_with(format.end_of_header)) return {};
  header.remove_suffix(format.end_of_header.size());
  if (header.find(format.end_of_header) != std::string_view::npos) return {};
  return {.section = format.read_header(header)};
}

}  // namespace ingle
