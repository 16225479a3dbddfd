// What a model takes of memory, for people and for programs.
#pragma once

#include <optional>
#include <string>

#include "engine/engine.h"
#include "json_output.h"

namespace ingle {

class Flags;

struct MemoryReport {
  std::string model;  // its path
  EngineInfo engine;
  MemoryNeeds needs;
  std::optional<uint64_t> available;  // beside what the process has; nothing: not known
  uint32_t longest_context = 0;       // that fits, up to what the model was trained for; 0: none

  bool fits() const { return !available || needs.added() <= *available; }
};

// For the context that the engine has. available: AvailableMemory() of base/memory.h, of a
// process that has loaded the engine to be looked at, and nothing else.
MemoryReport ReportMemory(const Engine& engine, uint32_t sequences,
                          std::optional<uint64_t> available);

// Why it is not run, and which of the command's flags would help. tried: memory was not checked,
// and has run out. REQUIRES: it does not fit.
std::string Refusal(const MemoryReport& report, const Flags& flags, bool tried);
std::string TableOf(const MemoryReport& report);  // lines that end in newlines
Json JsonOf(const MemoryReport& report);

}  // namespace ingle
