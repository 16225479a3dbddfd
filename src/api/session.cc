// ingle_session: one conversation, and its answers.
#include <mutex>
#include <utility>

#include "api/handles.h"
#include "api/options.h"
#include "api/status.h"

using namespace ingle;

namespace {

// Marks a session as generating, unless it is already.
class Busy {
 public:
  explicit Busy(ingle_session& session) : session_(session), mine_(!session.busy.exchange(true)) {}
  ~Busy() {
    if (mine_) session_.busy = false;
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

  bool mine() const { return mine_; }

 private:
  ingle_session& session_;
  bool mine_;
};

ingle_finish FinishOf(FinishReason reason) {
  switch (reason) {
    case FinishReason::kEnd:
      return INGLE_FINISH_END;
    case FinishReason::kStop:
      return INGLE_FINISH_STOP;
    case FinishReason::kLength:
      return INGLE_FINISH_LENGTH;
    case FinishReason::kContext:
      return INGLE_FINISH_CONTEXT;
    case FinishReason::kCancelled:
      break;
  }
  return INGLE_FINISH_CANCELLED;
}

ingle_generation View(const Generation& answer) {
  ingle_generation view{};
  view.text = answer.text.c_str();
  view.text_length = answer.text.size();
  view.tokens = answer.tokens.data();
  view.token_count = answer.tokens.size();
  view.finish = FinishOf(answer.finish);
  view.prompt_tokens = answer.prompt_tokens;
  view.prefill_tokens = answer.timing.prefill_tokens;
  view.prefill_tokens_per_second = answer.timing.prefill_tokens_per_second();
  view.decode_tokens_per_second = answer.timing.decode_tokens_per_second();
  view.time_to_first_token_ms = answer.timing.time_to_first_token_seconds * 1e3;
  view.guessed_tokens = answer.guessed_tokens;
  view.right_guesses = answer.right_guesses;
  return view;
}

}  // namespace

extern "C" {

ingle_status ingle_session_new(ingle_model* model, ingle_session** session) {
  return Guarded([&]() -> Status {
    if (const Status status = RequireNotNull(model, "model"); !status) return status;
    if (const Status status = RequireNotNull(session, "session"); !status) return status;
    auto made = std::make_unique<ingle_session>();
    made->loaded = model->loaded;
    {
      const std::lock_guard turn(made->loaded->turns);
      LoadedModel& loaded = *made->loaded;
      made->session = loaded.engine->NewSession();
      made->speculator = std::make_unique<Speculator>(*loaded.engine, loaded.draft.get());
    }
    *session = made.release();
    return {};
  });
}

void ingle_session_free(ingle_session* session) { delete session; }

void ingle_session_cancel(ingle_session* session) {
  if (session != nullptr) session->cancel = true;
}

ingle_status ingle_generate(ingle_session* session, const ingle_token* prompt, size_t prompt_count,
                            const ingle_generate_options* options,
                            const ingle_generation** generation) {
  return Guarded([&]() -> Status {
    if (const Status status = RequireNotNull(session, "session"); !status) return status;
    if (prompt_count > 0) {
      if (const Status status = RequireNotNull(prompt, "prompt"); !status) return status;
    }
    const Busy busy(*session);
    if (!busy.mine()) {
      return Fail(ErrorCode::kInvalidArgument, "the session is generating already");
    }
    auto read = ReadOptions(options);
    if (!read) return Fail(read.error());

    session->cancel = false;
    read->cancel = &session->cancel;
    read->turns = &session->loaded->turns;
    read->speculator = session->speculator.get();
    auto answer =
        Generate(*session->loaded->engine, *session->session, {prompt, prompt_count}, *read);
    if (!answer) return Fail(answer.error());
    session->answer = std::move(*answer);
    session->generation = View(session->answer);
    if (generation != nullptr) *generation = &session->generation;
    return {};
  });
}

}  // extern "C"
