// ingle classify MODEL [TEXT...]
#include "engine/classify.h"

#include <algorithm>
#include <numeric>

#include "command.h"
#include "commands/text_inputs.h"
#include "engine/label_spans.h"
#include "json_output.h"
#include "model_access.h"
#include "terminal/output.h"
#include "terminal/units.h"

namespace ingle {
namespace {

constexpr int64_t kMostLabels = 1 << 16;

class ClassifyCommand final : public Command {
 public:
  void Declare(Flags& flags, const Context&) override {
    flags.Argument("MODEL", model_, "a catalogue name, a .gguf file or a checkpoint's folder",
                   Flags::Need::kRequired);
    inputs_.Declare(flags);
    flags.Number("--top", top_, "N", "the N likeliest labels of a text; 0: all [0]", 0,
                 kMostLabels);
    flags.Switch("--json", json_, "one JSON object");
    flags.SetEngine();
  }

  Status Check(const Context&) override { return inputs_.Check(); }

  Status Run(Context& context) override {
    const Result<std::unique_ptr<Engine>> engine =
        LoadModel(model_, context, EngineOptionsOf(context));
    if (!engine) return Fail(engine.error());
    const auto inputs = inputs_.Read(**engine);
    if (!inputs) return Fail(inputs.error());
    const auto results = Classify(**engine, TokensOf(*inputs));
    if (!results) return Fail(results.error());
    Json list = Json::array();
    for (size_t i = 0; i < inputs->size(); ++i) {
      if ((*engine)->model_info().task == Task::kClassifyText) {
        ReportText(**engine, (*results)[i], list);
      } else {
        if (i > 0 && !json_) Print("\n");
        ReportTokens(**engine, (*inputs)[i], (*results)[i], list);
      }
    }
    if (json_) {
      PrintJsonDocument({{"model", (*engine)->model_info().path}, {"results", std::move(list)}});
    }
    return {};
  }

 private:
  // The likeliest first.
  void ReportText(const Engine& engine, const std::vector<float>& row, Json& list) const {
    const std::vector<std::string>& names = engine.model_info().labels.names;
    std::vector<size_t> order(row.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return row[a] > row[b]; });
    if (top_ > 0) order.resize(std::min(order.size(), static_cast<size_t>(top_)));
    Json labels = Json::array();
    std::string line;
    for (const size_t i : order) {
      line += Cat(line.empty() ? "" : "\t", Shown(names[i]), "\t", Fixed(double{row[i]}, 6));
      labels.push_back({{"label", names[i]}, {"probability", row[i]}});
    }
    if (!json_) Print(line, "\n");
    list.push_back({{"labels", std::move(labels)}});
  }

  // Of the tokens that stand for something in the text.
  void ReportTokens(const Engine& engine, const TextInput& input, const std::vector<float>& rows,
                    Json& list) const {
    const Labels& labels = engine.model_info().labels;
    const Tokenizer& tokenizer = engine.tokenizer();
    std::vector<std::optional<TokenLabel>> found(input.tokens.size());
    Json tokens = Json::array();
    for (size_t i = 0; i < found.size(); ++i) {
      const TokenId id = input.tokens[i];
      if (!StandsForText(tokenizer, id)) continue;
      const size_t count = labels.names.size();
      found[i] = Likeliest(std::span(rows).subspan(i * count, count));
      const std::string& label = labels.names[found[i]->label];
      const std::string piece(tokenizer.TokenText(id));
      if (!json_) {
        Print(piece.empty() ? std::to_string(id) : Quote(piece), "\t", Shown(label), "\t",
              Fixed(double{found[i]->probability}, 6), "\n");
      }
      tokens.push_back(
          {{"id", id}, {"token", piece}, {"label", label}, {"probability", found[i]->probability}});
    }
    list.push_back({{"tokens", std::move(tokens)}, {"spans", Spans(engine, input, found)}});
  }

  static Json Spans(const Engine& engine, const TextInput& input,
                    const std::vector<std::optional<TokenLabel>>& found) {
    const auto places = FindTokens(engine.tokenizer(), input.tokens, input.text);
    Json spans = Json::array();
    for (const LabelSpan& span : GroupLabels(engine.model_info().labels, found)) {
      Json entry = {{"label", span.label}, {"probability", span.probability}};
      const auto& first = places[span.begin];
      const auto& last = places[span.end - 1];
      if (first && last) {
        entry["begin"] = first->begin;
        entry["end"] = last->end;
        entry["text"] = input.text.substr(first->begin, last->end - first->begin);
      }
      spans.push_back(std::move(entry));
    }
    return spans;
  }

  static std::string Shown(std::string_view text) {
    return OutputIsTerminal() ? WithoutControls(text) : std::string(text);
  }

  std::string model_;
  TextInputs inputs_;
  int64_t top_ = 0;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeClassify() { return std::make_unique<ClassifyCommand>(); }

}  // namespace ingle
