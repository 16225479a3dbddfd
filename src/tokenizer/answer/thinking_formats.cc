#include "tokenizer/answer/thinking_formats.h"

#include "tokenizer/answer/detect.h"
#include "tokenizer/answer/sections.h"

namespace ingle {
namespace {

// A family whose evidence holds another's comes before it.
constexpr ThinkingFormat kFormats[] = {
    {.name = "harmony",  // gpt-oss
     .evidence = {"<|channel|>", "analysis"},
     .sections = &kHarmonySections},
    {.name = "atem", .evidence = {"<|message|>", "to=self"}, .sections = &kAtemSections},
    {.name = "kimi-k3",
     .evidence = {"'<|open|>'", "'think'"},
     .open = "<|open|>think<|sep|>",
     .close = "<|close|>think<|sep|>",
     .special = true,
     .frame = {"<|open|>response<|sep|>", "<|close|>response<|sep|>", "<|close|>message<|sep|>",
               "<|end_of_msg|>"}},
    {.name = "gemma-4",
     .evidence = {"<|channel>thought"},
     .open = "<|channel>thought",
     .close = "<channel|>",
     .special = true},
    {.name = "command-r",  // Cohere
     .evidence = {"<|START_THINKING|>"},
     .open = "<|START_THINKING|>",
     .close = "<|END_THINKING|>",
     .special = true,
     .frame = {"<|START_RESPONSE|>", "<|END_RESPONSE|>", "<|START_TEXT|>", "<|END_TEXT|>"}},
    {.name = "apertus",
     .evidence = {"<|inner_prefix|>"},
     .open = "<|inner_prefix|>",
     .close = "<|inner_suffix|>",
     .special = true},
    {.name = "hunyuan-3",
     .evidence = {"':opensource'", "<think{}>"},
     .open = "<think:opensource>",
     .close = "</think:opensource>",
     .special = true},
    {.name = "seed",
     .evidence = {"<seed:think>"},
     .open = "<seed:think>",
     .close = "</seed:think>",
     .special = true},
    {.name = "mistral",  // Magistral
     .evidence = {"[THINK]"},
     .open = "[THINK]",
     .close = "[/THINK]",
     .special = true},
    {.name = "granite",  // 3.3
     .evidence = {"<think></think>", "<response></response>"},
     .open = "<think>",
     .close = "</think>",
     .frame = {"<response>", "</response>"}},
    {.name = "granite-3.2",
     .evidence = {"Here is my thought process:", "Here is my response:"},
     .open = "Here is my thought process:",
     .close = "Here is my response:"},
    {.name = "think", .evidence = {"</think>"}, .open = "<think>", .close = "</think>"},
    {.name = "think", .evidence = {"<think>"}, .open = "<think>", .close = "</think>"},
    {.name = "thought",  // EXAONE Deep
     .evidence = {"<thought>"},
     .open = "<thought>",
     .close = "</thought>"},
};

}  // namespace

const ThinkingFormat* DetectThinking(std::string_view template_source) {
  return FirstWithEvidence(kFormats, template_source);
}

}  // namespace ingle
