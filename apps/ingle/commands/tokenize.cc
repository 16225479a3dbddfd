// ingle tokenize MODEL
#include "command.h"
#include "engine/opened_model.h"
#include "files/file_io.h"
#include "json_output.h"
#include "model_access.h"
#include "number_list.h"
#include "terminal/output.h"

namespace ingle {
namespace {

class TokenizeCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context&) override {
    flags.Argument("MODEL", model_, "a catalogue name or a .gguf file", Flags::Need::kRequired);
    flags.Switch("--no-special", no_special_,
                 "add no BOS or EOS, and take text such as <s> for nothing but text");
    flags.Switch("--decode", decode_, "the other way: ids on standard input, text out");
    flags.Switch("--pieces", pieces_, "one token a line: its id and how the vocabulary spells it");
    flags.Switch("--json", json_, "one JSON object");
    flags.SetFetch();
  }

  Status Check(const Context&) override {
    if (decode_ && (pieces_ || json_)) {
      return Fail(ErrorCode::kInvalidArgument,
                  "--decode prints text, and neither --pieces nor --json");
    }
    return {};
  }

  Status Run(Context& context) override {
    const Result<std::string> path = FindModel(model_, context);
    if (!path) return Fail(path.error());
    const Result<std::unique_ptr<Tokenizer>> tokenizer = OpenTokenizer(*path);
    if (!tokenizer) return Fail(tokenizer.error());
    const Result<std::string> input = ReadWhole("-");
    if (!input) return Fail(input.error());
    return decode_ ? Decode(**tokenizer, *input) : Encode(**tokenizer, *input);
  }

 private:
  Status Encode(const Tokenizer& tokenizer, const std::string& text) const {
    const Result<std::vector<TokenId>> ids =
        tokenizer.Encode(text, {.add_special = !no_special_, .parse_special = !no_special_});
    if (!ids) return Fail(ids.error());
    if (json_) {
      PrintJsonIds(tokenizer, *ids);
    } else if (pieces_) {
      for (const TokenId id : *ids) Print(id, "\t", Quote(tokenizer.TokenText(id)), "\n");
    } else {
      PrintIds(*ids);
    }
    return {};
  }

  static void PrintIds(const std::vector<TokenId>& ids) {
    std::string line;
    for (const TokenId id : ids) {
      if (!line.empty()) line += ' ';
      line += std::to_string(id);
    }
    Print(line + "\n");
  }

  static void PrintJsonIds(const Tokenizer& tokenizer, const std::vector<TokenId>& ids) {
    Json pieces = Json::array();
    for (const TokenId id : ids) pieces.push_back(std::string(tokenizer.TokenText(id)));
    PrintJsonDocument({{"count", ids.size()}, {"ids", ids}, {"pieces", std::move(pieces)}});
  }

  Status Decode(const Tokenizer& tokenizer, const std::string& input) const {
    const Result<std::vector<int32_t>> ids = ParseNumberList(input);
    if (!ids) return Fail(ids.error());
    const Result<std::string> text = tokenizer.Decode(*ids, {.render_special = !no_special_});
    if (!text) return Fail(text.error());
    for (const int32_t id : *ids) {
      if (id < 0 || static_cast<size_t>(id) >= tokenizer.size()) {
        return Fail(ErrorCode::kInvalidArgument, "there is no token ", id,
                    "; the vocabulary has ids 0 to ", tokenizer.size() - 1);
      }
    }
    Print(*text);
    return {};
  }

  std::string model_;
  bool no_special_ = false;
  bool decode_ = false;
  bool pieces_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeTokenize() { return std::make_unique<TokenizeCommand>(); }

}  // namespace ingle
