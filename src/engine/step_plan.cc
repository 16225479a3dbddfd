#include "engine/step_plan.h"

namespace ingle {
namespace {

Status CheckItem(const StepItem& item, const StepLimits& limits) {
  if (item.tokens.empty()) return Fail(ErrorCode::kInvalidArgument, "a step without tokens");
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

// Which of an item's tokens want logits: the first of them, as an index.
size_t FirstOutput(const StepItem& item) {
  switch (item.logits) {
    case StepItem::Logits::kAll:
      return 0;
    case StepItem::Logits::kLast:
      return item.tokens.size() - 1;
    case StepItem::Logits::kNone:
      break;
  }
  return item.tokens.size();
}

}  // namespace

Result<StepPlan> PlanStep(std::span<const StepItem> items, const StepLimits& limits) {
  StepPlan plan;
  for (const StepItem& item : items) {
    if (const Status checked = CheckItem(item, limits); !checked) return Fail(checked.error());
    const size_t first = plan.tokens.size();
    if (first + item.tokens.size() > limits.batch_tokens) {
      return Fail(ErrorCode::kTooLarge, "a step of more than ", limits.batch_tokens, " tokens");
    }
    const uint32_t position = item.session->length();
    plan.sequences.push_back(
        {static_cast<uint32_t>(first), static_cast<uint32_t>(item.tokens.size()), position, {}});
    for (size_t i = 0; i < item.tokens.size(); ++i) {
      plan.tokens.push_back(item.tokens[i]);
      plan.positions.push_back(static_cast<int32_t>(position + i));
      if (i >= FirstOutput(item)) plan.output_rows.push_back(static_cast<int32_t>(first + i));
    }
  }
  return plan;
}

}  // namespace ingle
