#include "engine/step_plan.h"

namespace ingle {
namespace {

Status CheckItem(const StepItem& item, const StepLimits& limits) {
  if (item.tokens.empty()) return Fail(ErrorCode::kInvalidArgument, "a step without tokens");
  if (limits.whole_text && item.session->length() > 0) {
    return Fail(ErrorCode::kInvalidArgument, "an encoder reads a text in one step, and this ",
                "session has one of ", item.session->length(), " tokens already");
  }
  const uint64_t length = uint64_t{item.session->length()} + item.tokens.size();
  if (length > limits.context) {
    return Fail(ErrorCode::kTooLarge, "a session of ", length,
                " tokens does not fit the context of ", limits.context);
  }
  for (const TokenId token : item.tokens) {
    if (token < 0 || static_cast<uint32_t>(token) >= limits.vocabulary) {
      return Fail(ErrorCode::kInvalidArgument, "token ", token, " is outside the vocabulary of ",
                  limits.vocabulary);
    }
  }
  return {};
}

struct TokenRange {
  size_t begin;
  size_t end;
};

// Which of an item's tokens want an answer.
TokenRange OutputsOf(const StepItem& item, const StepLimits& limits) {
  const size_t count = item.tokens.size();
  if (item.logits == StepItem::Logits::kNone) return {0, 0};
  if (limits.once_a_text) return {0, 1};
  return {item.logits == StepItem::Logits::kAll ? 0 : count - 1, count};
}

void PlanItem(const StepItem& item, const StepLimits& limits, StepPlan& plan) {
  const size_t first = plan.tokens.size();
  const uint32_t length = item.session->length();
  const TokenRange outputs = OutputsOf(item, limits);
  plan.sequences.push_back(
      {static_cast<uint32_t>(first), static_cast<uint32_t>(item.tokens.size()), length, {}});
  plan.sequences.back().written = item.role == StepItem::Role::kWritten;
  auto position = static_cast<int32_t>(length);
  for (size_t i = 0; i < item.tokens.size(); ++i) {
    const TokenId token = item.tokens[i];
    plan.tokens.push_back(token);
    plan.positions.push_back(token == limits.without_position ? -1 : position++);
    if (i >= outputs.begin && i < outputs.end) {
      plan.output_rows.push_back(static_cast<int32_t>(first + i));
    }
  }
}

}  // namespace

Result<StepPlan> PlanStep(std::span<const StepItem> items, const StepLimits& limits) {
  StepPlan plan;
  for (const StepItem& item : items) {
    if (const Status checked = CheckItem(item, limits); !checked) return Fail(checked.error());
    if (plan.tokens.size() + item.tokens.size() > limits.batch_tokens) {
      return Fail(ErrorCode::kTooLarge, "a step of more than ", limits.batch_tokens, " tokens");
    }
    PlanItem(item, limits, plan);
  }
  return plan;
}

}  // namespace ingle
