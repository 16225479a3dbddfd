#include "memory_report.h"

#include <algorithm>

#include "base/memory.h"
#include "config/flags.h"
#include "terminal/units.h"

namespace ingle {
namespace {

std::string Line(std::string label, uint64_t bytes, const std::string& remark = "") {
  constexpr size_t kLabelWidth = 13, kBytesWidth = 9;
  label.resize(kLabelWidth, ' ');
  const std::string amount = HumanBytes(bytes);
  const std::string space(kBytesWidth - std::min(kBytesWidth, amount.size()), ' ');
  return Cat("  ", label, space, amount, remark.empty() ? "" : "  ", remark, "\n");
}

std::string Counted(uint32_t count, const char* one, const char* several) {
  return Cat(Grouped(count), " ", count == 1 ? one : several);
}

std::string Verdict(const MemoryReport& report) {
  if (!report.available) return "  how much there is, the system does not say\n";
  std::string text = Line("available", *report.available, report.fits() ? "it fits" : "too little");
  text += "  longest context that fits: ";
  return Cat(text, report.longest_context > 0 ? Grouped(report.longest_context) : "none", "\n");
}

// How the command can be told of a context that fits; empty where it cannot.
std::string ShorterContext(uint32_t tokens, const Flags& flags) {
  if (flags.Has("--fit-context")) return Cat("'-c ", tokens, "' or --fit-context would do");
  if (flags.Has("--ctx-size")) return Cat("'-c ", tokens, "' would do");
  if (!flags.Has("--depth")) return "";
  return Cat("-d and the longer of -p and -n may come to ", Grouped(tokens), " tokens");
}

std::string Advice(uint32_t longest_context, const Flags& flags, bool tried) {
  const std::string shorter = longest_context > 0 ? ShorterContext(longest_context, flags) : "";
  if (!shorter.empty() || tried || !flags.Has("--no-check-memory")) return shorter;
  return "--no-check-memory lets it try";
}

}  // namespace

MemoryReport ReportMemory(const Engine& engine, uint32_t sequences,
                          std::optional<uint64_t> available) {
  const EngineInfo& info = engine.info();
  MemoryReport report{engine.model_info().path, info, engine.Needs(info.context, sequences),
                      available};
  const uint32_t most = std::max(info.context, engine.model_info().trained_context);
  report.longest_context =
      engine.LongestContext(available.value_or(kAvailableMemory), sequences, most);
  return report;
}

std::string Refusal(const MemoryReport& report, const Flags& flags, bool tried) {
  const std::string what =
      Cat(report.model, " does not fit: with a context of ", Grouped(report.needs.context),
          " tokens it takes ", HumanBytes(report.needs.added()), " of memory, and ");
  const std::string there = Cat(HumanBytes(report.available.value_or(0)), " are available");
  const std::string advice = Advice(report.longest_context, flags, tried);
  return Cat(what, there, advice.empty() ? "" : "; ", advice);
}

std::string TableOf(const MemoryReport& report) {
  const MemoryNeeds& needs = report.needs;
  std::string text =
      Cat("context of ", Counted(needs.context, "token", "tokens"), ", ",
          Counted(needs.sequences, "sequence", "sequences"), ", steps of ",
          Grouped(report.engine.batch_tokens), ", ",
          Counted(static_cast<uint32_t>(report.engine.threads), "thread", "threads"), "\n");
  if (needs.weights > 0) text += Line("weights", needs.weights, "as this processor takes them");
  text += Line("file", needs.file, "what is read of the model's file beside them");
  if (needs.cache > 0) {
    text += Line("cache", needs.cache, Cat("keys and values in ", Name(report.engine.cache_type)));
  }
  if (needs.states > 0) text += Line("states", needs.states, "of the sequences, at any length");
  text += Line("activations", needs.activations, "of a step");
  text += Line("program", needs.process, "with the tokenizer");
  text += Line("total", needs.total(), Cat(HumanBytes(needs.added()), " of it to come"));
  return text + Verdict(report);
}

Json JsonOf(const MemoryReport& report) {
  const MemoryNeeds& needs = report.needs;
  return {{"model", report.model},
          {"context", needs.context},
          {"sequences", needs.sequences},
          {"batch_tokens", report.engine.batch_tokens},
          {"threads", report.engine.threads},
          {"cache_type", Name(report.engine.cache_type)},
          {"bytes",
           {{"weights", needs.weights},
            {"file", needs.file},
            {"cache", needs.cache},
            {"states", needs.states},
            {"activations", needs.activations},
            {"program", needs.process},
            {"total", needs.total()},
            {"to_come", needs.added()}}},
          {"available", report.available ? Json(*report.available) : Json()},
          {"fits", report.fits()},
          {"longest_context", report.longest_context}};
}

}  // namespace ingle
