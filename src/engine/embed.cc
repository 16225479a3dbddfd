#include "engine/embed.h"

#include <cmath>

namespace ingle {
namespace {

// The state of a text whose rows arrive.
class Pooler {
 public:
  Pooler(Pooling pooling, size_t width) : pooling_(pooling), sums_(width) {}

  void Add(std::span<const float> rows) {
    for (size_t begin = 0; begin < rows.size(); begin += sums_.size()) {
      AddRow(rows.subspan(begin, sums_.size()));
    }
  }

  // Appends the vector, and begins anew.
  void Take(bool normalize, std::vector<float>& to) {
    double factor = pooling_ == Pooling::kMean ? 1 / static_cast<double>(count_) : 1;
    if (normalize) {
      double squares = 0;
      for (const double sum : sums_) squares += sum * sum;
      factor = squares > 0 ? 1 / std::sqrt(squares) : 0;
    }
    for (double& sum : sums_) {
      to.push_back(static_cast<float>(sum * factor));
      sum = 0;
    }
    count_ = 0;
  }

 private:
  void AddRow(std::span<const float> row) {
    ++count_;
    if (pooling_ == Pooling::kCls && count_ > 1) return;
    for (size_t i = 0; i < row.size(); ++i) {
      sums_[i] = (pooling_ == Pooling::kMean ? sums_[i] : 0) + double{row[i]};
    }
  }

  Pooling pooling_;
  std::vector<double> sums_;
  size_t count_ = 0;
};

}  // namespace

Result<std::vector<float>> Embed(Engine& engine, std::span<const std::vector<TokenId>> texts,
                                 const EmbedOptions& options) {
  const ModelInfo& model = engine.model_info();
  if (!options.pooling && model.embed_error) return Fail(*model.embed_error);
  const Pooling pooling = options.pooling.value_or(model.pooling);
  const auto rows = pooling == Pooling::kLast ? StepItem::Logits::kLast : StepItem::Logits::kAll;
  Pooler pooler(pooling, model.width);
  std::vector<float> vectors;
  const Status ran = RunTexts(engine, texts, {.states = true, .rows = rows, .turns = options.turns},
                              [&](std::span<const float> states, bool last) {
                                pooler.Add(states);
                                if (last) pooler.Take(options.normalize, vectors);
                              });
  if (!ran) return Fail(ran.error());
  return vectors;
}

}  // namespace ingle
