// One answer: prefill, then a token at a time, or several where they were guessed, until something
// ends it.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "engine/sampling.h"
#include "engine/speculator.h"
#include "engine/turns.h"

namespace ingle {

struct GenerateOptions {
  SamplingOptions sampling;
  int max_tokens = -1;            // -1: until the model ends or the context is full
  std::vector<std::string> stop;  // ends the answer where one occurs; not part of the text
  bool render_special = false;    // control tokens appear in the text as they are spelled
  bool ignore_end = false;        // goes on after an end-of-generation token
  int logprobs = -1;              // -1: none; otherwise this many alternatives for each token

  // Guesses at tokens ahead, which changes nothing but the time; belongs to the session. May be
  // null: then there are no guesses, as with Speculation::kOff. Without effect where a session's
  // state cannot go back, see Session::TentativeRoom.
  Speculator* speculator = nullptr;
  Speculation speculation = Speculation::kAuto;

  // Held while the engine computes, from each step until its logits have been read; not during
  // on_text. For sessions of one engine that generate in several threads. May be null.
  Turns* turns = nullptr;
  // Checked before every step; true ends the answer with kCancelled. May be null.
  const std::atomic<bool>* cancel = nullptr;
  // Called with each piece of text that is certain: whole characters, and no beginning of a stop
  // string. Returning false ends the answer with kCancelled. May be empty.
  std::function<bool(std::string_view piece)> on_text;
};

enum class FinishReason {
  kEnd,        // the model ended its answer
  kStop,       // a stop string
  kLength,     // max_tokens
  kContext,    // the context is full
  kCancelled,  // by the caller
};
std::string_view Name(FinishReason reason);  // "end", "stop", "length", "context", "cancelled"

struct Timing {
  double prefill_seconds = 0;  // the prompt's tokens that were not cached
  double decode_seconds = 0;   // the other steps
  double time_to_first_token_seconds = 0;
  size_t prefill_tokens = 0;  // computed, not cached
  size_t decode_tokens = 0;   // that these steps gave

  double prefill_tokens_per_second() const;  // 0 when nothing was measured
  double decode_tokens_per_second() const;
};

struct Generation {
  std::string text;
  std::vector<TokenId> tokens;  // of the answer, without the end-of-generation token
  std::vector<std::vector<TokenLogprob>> logprobs;  // one row a token when asked for
  size_t prompt_tokens = 0;
  size_t guessed_tokens = 0;  // ahead of the answer, and checked
  size_t right_guesses = 0;   // of those
  FinishReason finish = FinishReason::kEnd;
  Timing timing;
};

// Continues prompt; of an encoder–decoder, answers to it as a source. What session already holds is
// kept as far as it is a prefix of prompt, and forgotten beyond; afterwards it holds the prompt and
// the answer, as far as they were computed.
//
// Fails with kTooLarge, naming both counts, when the prompt does not fit the context; with
// kInvalidArgument for an empty prompt or senseless options.
Result<Generation> Generate(Engine& engine, Session& session, std::span<const TokenId> prompt,
                            const GenerateOptions& options);

}  // namespace ingle
