// The sources of encoder–decoders: docs/design/encoder-decoder.md.
#include "engine/engine_state.h"

namespace ingle {

Status Engine::State::PrepareSource(Session& session, SequenceSlice& slice) {
  session.ForgetSource();
  const Status grown =
      source_cache->Grow(session.source_pages_, source_cache->PagesFor(slice.tokens));
  if (!grown) return grown;
  slice.pages = session.source_pages_;
  return {};
}

Status Engine::State::Read(std::span<const StepItem> items, StepPlan& plan) {
  for (size_t i = 0; i < items.size(); ++i) {
    const Status ready = PrepareSource(*items[i].session, plan.sequences[i]);
    if (!ready) return ready;
  }
  return Compute(*encoder, plan);
}

Result<std::span<const float>> Engine::Encode(std::span<const StepItem> items) {
  State& s = *state_;
  if (!s.encoder) {
    return Fail(ErrorCode::kUnsupported, s.name, " has no encoder: its answers follow its prompts");
  }
  for (const StepItem& item : items) {
    if (item.session->length() == 0) continue;
    return Fail(ErrorCode::kInvalidArgument, "the session holds ", item.session->length(),
                " tokens that answer an earlier source; they have to be forgotten first");
  }
  auto plan =
      PlanStep(items, {s.encoder->options.batch_tokens, s.info.context, s.model.shape.vocabulary});
  if (!plan) return Fail(plan.error());
  if (const Status read = s.Read(items, *plan); !read) {
    for (const StepItem& item : items) item.session->ForgetSource();
    return Fail(read.error());
  }
  for (const StepItem& item : items) {
    item.session->source_.assign(item.tokens.begin(), item.tokens.end());
  }
  return std::span<const float>(s.answer);
}

void Session::ForgetSource() {
  source_.clear();
  if (engine_.state_->source_cache) engine_.state_->source_cache->Shrink(source_pages_, 0);
}

}  // namespace ingle
