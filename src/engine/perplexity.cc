#include "engine/perplexity.h"

#include <algorithm>
#include <cmath>

namespace ingle {
namespace {

// Of a chunk's second half, so many rows of logits are asked for at a time: with a vocabulary of
// 150,000 they take 77 MB.
constexpr size_t kRows = 128;

// -log(softmax(logits)[token])
double NegativeLogLikelihood(std::span<const float> logits, TokenId token) {
  const double best = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(double{logit} - best);
  return best + std::log(sum) - double{logits[static_cast<size_t>(token)]};
}

struct Scores {
  double sum = 0;
  double sum_of_squares = 0;
  uint64_t count = 0;

  void Add(double score) {
    sum += score;
    sum_of_squares += score * score;
    ++count;
  }
  double mean() const { return sum / static_cast<double>(count); }
  double perplexity() const { return std::exp(mean()); }

  // The standard error of the mean, carried through exp to first order.
  double error() const {
    const double variance = sum_of_squares / static_cast<double>(count) - mean() * mean();
    if (count < 2 || !(variance > 0)) return 0;
    return perplexity() * std::sqrt(variance / static_cast<double>(count - 1));
  }
};

// Runs a chunk on its own and scores its second half.
Status ScoreChunk(Engine& engine, Session& session, std::span<const TokenId> chunk,
                  Scores& scores) {
  session.Truncate(0);
  const size_t first = chunk.size() / 2;
  if (const auto half = engine.Prefill(session, chunk.first(first)); !half) {
    return Fail(half.error());
  }
  // The last token predicts nothing that the chunk holds, so it is not run.
  const size_t end = chunk.size() - 1;
  const size_t vocabulary = engine.model_info().vocabulary;
  const size_t rows = std::min<size_t>(kRows, engine.info().batch_tokens);
  for (size_t at = first; at < end; at += rows) {
    const auto piece = chunk.subspan(at, std::min(rows, end - at));
    const StepItem item{&session, piece, StepItem::Logits::kAll};
    const auto logits = engine.Step({&item, 1});
    if (!logits) return Fail(logits.error());
    for (size_t row = 0; row < piece.size(); ++row) {
      const double score =
          NegativeLogLikelihood(logits->subspan(row * vocabulary, vocabulary), chunk[at + row + 1]);
      if (!std::isfinite(score)) {
        return Fail(ErrorCode::kCorrupt, "the logits are not numbers at token ", at + row,
                    "; the model's weights may be damaged");
      }
      scores.Add(score);
    }
  }
  return {};
}

}  // namespace

Result<Perplexity> MeasurePerplexity(Engine& engine, std::string_view text,
                                     const PerplexityOptions& options) {
  const uint32_t context = options.context;
  if (context < 3) {
    return Fail(ErrorCode::kInvalidArgument, "chunks of ", context,
                " tokens leave none to score; 3 is the least");
  }
  if (context > engine.info().context) {
    return Fail(ErrorCode::kTooLarge, "chunks of ", context,
                " tokens do not fit the model's context of ", engine.info().context);
  }
  if (engine.model_info().task != Task::kGenerate || engine.model_info().start_token) {
    return Fail(ErrorCode::kUnsupported, engine.model_info().path,
                " predicts no next token of a text: it embeds, classifies or translates");
  }
  const Tokenizer& tokenizer = engine.tokenizer();
  Result<std::vector<TokenId>> tokens = tokenizer.Encode(text);
  if (!tokens) return Fail(tokens.error());

  size_t total = tokens->size() / context;
  if (total == 0) {
    return Fail(ErrorCode::kInvalidArgument, "the text has ", tokens->size(),
                " tokens, which is less than one chunk of ", context);
  }
  if (options.chunks > 0) total = std::min<size_t>(total, options.chunks);

  const std::unique_ptr<Session> session = engine.NewSession();
  Scores scores;
  Perplexity result;
  for (size_t done = 0; done < total; ++done) {
    const auto chunk = std::span(*tokens).subspan(done * context, context);
    if (tokenizer.adds_bos()) chunk[0] = *tokenizer.bos();
    if (const Status scored = ScoreChunk(engine, *session, chunk, scores); !scored) {
      return Fail(scored.error(), "chunk ", done + 1);
    }
    result = {scores.perplexity(), scores.error(), static_cast<uint32_t>(done + 1), scores.count};
    if (options.on_chunk) {
      options.on_chunk(result.chunks, static_cast<uint32_t>(total), result.perplexity);
    }
  }
  return result;
}

}  // namespace ingle
