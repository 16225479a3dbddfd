#include "chat/report.h"

#include "terminal/units.h"

namespace ingle {
namespace {

Json LogprobJson(const Tokenizer& tokenizer, const TokenLogprob& entry) {
  return {{"token", entry.token},
          {"text", std::string(tokenizer.TokenText(entry.token))},
          {"logprob", entry.logprob}};
}

// For each token of the answer its own logarithm, and the likeliest tokens in its place.
Json LogprobsJson(const Tokenizer& tokenizer, const Generation& generation) {
  Json rows = Json::array();
  for (const std::vector<TokenLogprob>& row : generation.logprobs) {
    if (row.empty()) continue;
    Json object = LogprobJson(tokenizer, row.front());
    Json top = Json::array();
    for (size_t i = 1; i < row.size(); ++i) top.push_back(LogprobJson(tokenizer, row[i]));
    object["top"] = std::move(top);
    rows.push_back(std::move(object));
  }
  return rows;
}

}  // namespace

std::string StatsLine(const Generation& generation, uint64_t seed) {
  const Timing& timing = generation.timing;
  const std::string guesses = generation.guessed_tokens == 0
                                  ? ""
                                  : Cat(" (", generation.right_guesses, " of ",
                                        generation.guessed_tokens, " guessed right)");
  return Cat(generation.prompt_tokens, " prompt tokens (", timing.prefill_tokens, " computed at ",
             Fixed(timing.prefill_tokens_per_second(), 1), " tokens/s), ", generation.tokens.size(),
             " tokens at ", Fixed(timing.decode_tokens_per_second(), 1), " tokens/s", guesses,
             ", first after ", Fixed(timing.time_to_first_token_seconds * 1000, 0), " ms, seed ",
             seed, ", ended by ", Name(generation.finish));
}

Json ReportJson(const Engine& engine, const std::string& text, const Generation& generation,
                uint64_t seed) {
  const Timing& timing = generation.timing;
  Json report = {
      {"model", engine.model_info().path},
      {"text", text},
      {"finish_reason", Name(generation.finish)},
      {"tokens", generation.tokens.size()},
      {"token_ids", generation.tokens},
      {"prompt_tokens", generation.prompt_tokens},
      {"guessed_tokens", generation.guessed_tokens},
      {"right_guesses", generation.right_guesses},
      {"prefill_tokens_per_second", timing.prefill_tokens_per_second()},
      {"decode_tokens_per_second", timing.decode_tokens_per_second()},
      {"time_to_first_token_ms", timing.time_to_first_token_seconds * 1000},
      {"seed", seed},
  };
  if (!generation.logprobs.empty()) {
    report["logprobs"] = LogprobsJson(engine.tokenizer(), generation);
  }
  return report;
}

}  // namespace ingle
