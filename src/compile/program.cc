#include "compile/program.h"

#include "base/error.h"

namespace ingle {
namespace {

std::string OperandText(const Operand& operand) {
  switch (operand.place) {
    case Operand::Place::kNone:
      return "-";
    case Operand::Place::kArena:
      return Cat(Name(operand.type.element), "@", operand.offset, "[", operand.type.columns, "]");
    case Operand::Place::kOwn:
      return Cat(Name(operand.type.element), "@own+", operand.offset, "[", operand.type.columns,
                 "]");
    case Operand::Place::kWeight:
      return Cat(Name(operand.weight.type), ToString(operand.weight.shape));
    case Operand::Place::kTokens:
      return "tokens";
    case Operand::Place::kPositions:
      return "positions";
    case Operand::Place::kOutputRows:
      return "output_rows";
    case Operand::Place::kLogits:
      return "logits";
  }
  return "?";
}

std::string StepsText(const std::vector<Step>& steps) {
  std::string text;
  for (const Step& step : steps) {
    text += Cat(step.barrier_before ? "-- barrier\n" : "", OperandText(step.output), " = ",
                Name(step.op), "(");
    const char* separator = "";
    for (const Operand& input : step.inputs) {
      if (!input) continue;
      text += Cat(separator, OperandText(input));
      separator = ", ";
    }
    text += ")\n";
  }
  return text;
}

}  // namespace

std::string Program::ToText() const {
  return Cat("arena ", arena_bytes, " bytes for steps of up to ", max_tokens,
             " tokens, cache pages of ", cache.page_bytes, " bytes for ", cache.page_tokens,
             " positions\n", StepsText(steps), "\nup to ", kFewTokens, " tokens, ", own_bytes,
             " bytes for each worker\n", StepsText(few_steps));
}

}  // namespace ingle
