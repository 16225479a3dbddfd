#include "commands/text_inputs.h"

#include "engine/texts.h"
#include "files/file_io.h"
#include "number_list.h"
#include "terminal/output.h"

namespace ingle {
namespace {

// A newline ends a line; what follows the last one is a line if there is something.
std::vector<std::string> LinesOf(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

void TextInputs::Declare(Flags& flags) {
  flags.Arguments("TEXT", texts_, "the texts; without any, the lines of standard input");
  flags.Text("--ids", ids_, "IDS", "the tokens of one text instead, as \"1 2 3\"");
  flags.Switch("--no-truncate", no_truncate_, "a text that is too long is an error, and not cut");
}

Status TextInputs::Check() {
  if (ids_.empty()) return {};
  if (!texts_.empty()) {
    return Fail(ErrorCode::kInvalidArgument, "give texts or --ids, and not both");
  }
  auto parsed = ParseNumberList(ids_);
  if (!parsed) return Fail(parsed.error(), "--ids");
  if (parsed->empty()) return Fail(ErrorCode::kInvalidArgument, "--ids has no ids");
  tokens_ = *std::move(parsed);
  return {};
}

Result<std::vector<TextInput>> TextInputs::Read(const Engine& engine) const {
  if (!tokens_.empty()) return std::vector<TextInput>{{"", tokens_, 0}};
  if (!texts_.empty()) return Encode(engine, texts_);
  const Result<std::string> input = ReadWhole("-");
  if (!input) return Fail(input.error());
  return Encode(engine, LinesOf(*input));
}

Result<std::vector<TextInput>> TextInputs::Encode(const Engine& engine,
                                                  const std::vector<std::string>& texts) const {
  const uint32_t longest = LongestText(engine);
  std::vector<TextInput> inputs;
  for (size_t i = 0; i < texts.size(); ++i) {
    auto encoded = EncodeText(engine.tokenizer(), texts[i], longest);
    if (!encoded) return Fail(encoded.error());
    if (encoded->left_out > 0) {
      const std::string told = Cat("text ", i + 1, " has ", longest + encoded->left_out,
                                   " tokens, and the model takes ", longest);
      if (no_truncate_) return Fail(ErrorCode::kTooLarge, told);
      Note(Cat(told, "; its end is left out"));
    }
    inputs.push_back({texts[i], std::move(encoded->tokens), encoded->left_out});
  }
  return inputs;
}

std::vector<std::vector<TokenId>> TokensOf(const std::vector<TextInput>& inputs) {
  std::vector<std::vector<TokenId>> tokens;
  for (const TextInput& input : inputs) tokens.push_back(input.tokens);
  return tokens;
}

}  // namespace ingle
