// ingle embed MODEL [TEXT...]
#include "engine/embed.h"

#include "base/atomic_file.h"
#include "command.h"
#include "commands/text_inputs.h"
#include "files/npy.h"
#include "json_output.h"
#include "model_access.h"
#include "terminal/output.h"
#include "terminal/units.h"

namespace ingle {
namespace {

constexpr const char* kPoolings = "mean|cls|last";

std::optional<Pooling> PoolingOf(std::string_view name) {
  for (const Pooling pooling : {Pooling::kMean, Pooling::kCls, Pooling::kLast}) {
    if (Name(pooling) == name) return pooling;
  }
  return std::nullopt;
}

std::string VectorText(std::span<const float> vector) {
  std::string text;
  for (const float element : vector) text += Cat(text.empty() ? "[" : ", ", Shortest(element));
  return text + "]";
}

class EmbedCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context&) override {
    flags.Argument("MODEL", model_, "a catalogue name, a .gguf file or a checkpoint's folder",
                   Flags::Need::kRequired);
    inputs_.Declare(flags);
    flags.Text("--pooling", pooling_, kPoolings,
               "how the tokens' states become one vector [what the model's files say]");
    flags.Switch("--no-normalize", no_normalize_, "do not scale vectors to length 1");
    flags.Text("--out", out_, "FILE", "write float32 [texts, width] there, as .npy");
    flags.Switch("--json", json_, "one JSON object instead of an array a line");
    flags.SetEngine();
  }

  Status Check(const Context&) override {
    if (!pooling_.empty() && !PoolingOf(pooling_)) {
      return Fail(ErrorCode::kInvalidArgument, "--pooling is ", Quote(pooling_),
                  "; it must be mean, cls or last");
    }
    if (out_ == "-") {
      return Fail(ErrorCode::kInvalidArgument, "--out takes a file, not standard output");
    }
    if (json_ && !out_.empty()) {
      return Fail(ErrorCode::kInvalidArgument, "--out writes a file, and --json prints");
    }
    return inputs_.Check();
  }

  Status Run(Context& context) override {
    const Result<std::unique_ptr<Engine>> engine =
        LoadModel(model_, context, EngineOptionsOf(context));
    if (!engine) return Fail(engine.error());
    const auto inputs = inputs_.Read(**engine);
    if (!inputs) return Fail(inputs.error());
    const EmbedOptions options{PoolingOf(pooling_), !no_normalize_};
    const auto vectors = Embed(**engine, TokensOf(*inputs), options);
    if (!vectors) return Fail(vectors.error());
    if (!out_.empty()) return Write((*engine)->model_info(), *vectors);
    Report((*engine)->model_info(), *inputs, *vectors);
    return {};
  }

 private:
  Status Write(const ModelInfo& model, const std::vector<float>& vectors) const {
    if (const Status apart = RefuseToWriteOver(model.path, out_); !apart) return apart;
    Result<AtomicFile> file = AtomicFile::Create(out_);
    if (!file) return Fail(file.error());
    const std::string header = NpyHeader(vectors.size() / model.width, model.width);
    Status written = file->Write(AsBytes(header));
    if (written) written = file->Write(std::as_bytes(std::span(vectors)));
    return written ? file->Commit() : written;
  }

  void Report(const ModelInfo& model, const std::vector<TextInput>& inputs,
              const std::vector<float>& vectors) const {
    const auto vector = [&](size_t i) {
      return VectorText(std::span(vectors).subspan(i * model.width, model.width));
    };
    if (!json_) {
      for (size_t i = 0; i < inputs.size(); ++i) Print(vector(i), "\n");
      return;
    }
    const Json facts = {{"model", model.path},
                        {"pooling", Name(PoolingOf(pooling_).value_or(model.pooling))},
                        {"normalized", !no_normalize_},
                        {"width", model.width}};
    std::string text = facts.dump(-1, ' ', false, Json::error_handler_t::replace);
    text.pop_back();
    Print(text, ", \"embeddings\": [");
    for (size_t i = 0; i < inputs.size(); ++i) {
      Print(i == 0 ? "\n  " : ",\n  ", "{\"tokens\": ", inputs[i].tokens.size(),
            ", \"left_out\": ", inputs[i].left_out, ", \"embedding\": ", vector(i), "}");
    }
    Print("\n]}\n");
  }

  std::string model_;
  TextInputs inputs_;
  std::string pooling_;
  std::string out_;
  bool no_normalize_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeEmbed() { return std::make_unique<EmbedCommand>(); }

}  // namespace ingle
