// ingle logits MODEL (--ids "1 2 3" | --text TEXT) [--decoder-ids "0 4 5"] --out FILE.npy
#include <algorithm>

#include "base/atomic_file.h"
#include "chat/prompt.h"
#include "command.h"
#include "files/npy.h"
#include "model_access.h"
#include "number_list.h"

namespace ingle {
namespace {

class LogitsCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context&) override {
    flags.Argument("MODEL", model_, "a catalogue name or a .gguf file", Flags::Need::kRequired);
    flags.Text("--ids", ids_, "IDS", "the tokens, as \"1 2 3\"");
    flags.Text("--text", text_, "TEXT", "the tokens, as text");
    flags.Text("--decoder-ids", decoder_ids_, "IDS",
               "of an encoder-decoder, which reads those above: the tokens to write the logits of "
               "[the one that answers begin after]");
    flags.Text("--out", out_, "FILE",
               "where to write float32 [tokens, vocabulary], as .npy; an encoder's states, "
               "a classifier's scores");
    flags.SetEngine();
  }

  Status Check(const Context&) override {
    if (out_.empty()) return Fail(ErrorCode::kInvalidArgument, "--out FILE is missing");
    if (out_ == "-") {
      return Fail(ErrorCode::kInvalidArgument, "--out takes a file, not standard output");
    }
    if (ids_.empty() == text_.empty()) {
      return Fail(ErrorCode::kInvalidArgument, "give the tokens by --ids or by --text");
    }
    const Result<std::vector<int32_t>> decoder = ParseNumberList(decoder_ids_);
    if (!decoder) return Fail(decoder.error(), "--decoder-ids");
    decoder_tokens_ = *decoder;
    const Result<std::vector<int32_t>> parsed = ParseNumberList(ids_);
    if (!parsed) return Fail(parsed.error(), "--ids");
    if (text_.empty() && parsed->empty()) {
      return Fail(ErrorCode::kInvalidArgument, "--ids has no ids");
    }
    tokens_ = *parsed;
    return {};
  }

  Status Run(Context& context) override {
    const Result<std::unique_ptr<Engine>> engine =
        LoadModel(model_, context, EngineOptionsOf(context));
    if (!engine) return Fail(engine.error());
    if (!text_.empty()) {
      const Result<std::vector<TokenId>> encoded = PromptTokens(**engine, text_);
      if (!encoded) return Fail(encoded.error());
      tokens_ = *encoded;
    }
    if (!(*engine)->model_info().start_token && !decoder_ids_.empty()) {
      return Fail(ErrorCode::kInvalidArgument,
                  "--decoder-ids are for a model with an encoder and a decoder, and ",
                  (*engine)->model_info().path, " is none");
    }
    const Status apart = RefuseToWriteOver((*engine)->model_info().path, out_);
    if (!apart) return apart;
    Result<AtomicFile> file = AtomicFile::Create(out_);
    if (!file) return Fail(file.error());
    const Status written = WriteLogits(**engine, *file);
    return written ? file->Commit() : written;
  }

 private:
  Status WriteLogits(Engine& engine, AtomicFile& file) const {
    const std::unique_ptr<Session> session = engine.NewSession();
    const auto start = engine.model_info().start_token;
    if (!start) return WriteLogits(engine, *session, tokens_, file);
    const StepItem source{session.get(), tokens_, StepItem::Logits::kNone};
    if (const auto read = engine.Encode({&source, 1}); !read) return Fail(read.error());
    const std::vector<TokenId> first{*start};
    return WriteLogits(engine, *session, decoder_tokens_.empty() ? first : decoder_tokens_, file);
  }

  static Status WriteLogits(Engine& engine, Session& session, std::span<const TokenId> rest,
                            AtomicFile& file) {
    const ModelInfo& model = engine.model_info();
    const size_t rows = model.task == Task::kClassifyText ? 1 : rest.size();
    const std::string header = NpyHeader(rows, model.answer_columns);
    Status written = file.Write(AsBytes(header));
    while (written && !rest.empty()) {
      const size_t most = model.whole_text ? rest.size() : engine.info().batch_tokens;
      const size_t count = std::min(rest.size(), most);
      const StepItem item{&session, rest.first(count), StepItem::Logits::kAll};
      const Result<std::span<const float>> logits = engine.Step({&item, 1});
      if (!logits) return Fail(logits.error());
      written = file.Write(std::as_bytes(*logits));
      rest = rest.subspan(count);
    }
    return written;
  }

  std::string model_;
  std::string ids_;
  std::string text_;
  std::string out_;
  std::string decoder_ids_;
  std::vector<TokenId> tokens_;
  std::vector<TokenId> decoder_tokens_;
};

}  // namespace

std::unique_ptr<Command> MakeLogits() { return std::make_unique<LogitsCommand>(); }

}  // namespace ingle
