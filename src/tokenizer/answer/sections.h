// Answers in sections: each has a header that tells whom it is for.
//
//   <|start|>assistant<|channel|>analysis<|message|>They want the weather.<|end|>
//   <|start|>assistant<|channel|>commentary to=functions.weather<|message|>{"city": ...}<|call|>
//
// The first header may begin in the prompt.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace ingle {

struct Section {
  enum class Kind { kContent, kThinking, kCall };
  Kind kind;
  std::string name;  // kCall: of the function; its arguments follow
};

struct SectionFormat {
  std::array<std::string_view, 2> open;   // a header follows
  std::string_view end_of_header;         // and here what the section says
  std::array<std::string_view, 4> close;  // at its end, which the next header is too
  // What stands between open and end_of_header; nothing where that is no header.
  std::optional<Section> (*read_header)(std::string_view header);
};

// A longer header is none.
constexpr size_t kMaxHeaderSize = 256;

extern const SectionFormat kHarmonySections;
extern const SectionFormat kAtemSections;
extern const SectionFormat kFunctionarySections;

// The section in which an answer to this prompt begins, and whether it has yet to finish the
// header.
struct PromptSection {
  bool in_header = false;
  std::optional<Section> section = {};
};
PromptSection ReadPrompt(const SectionFormat& format, std::string_view prompt);

}  // namespace ingle
