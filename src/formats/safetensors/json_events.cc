#include "formats/safetensors/json_events.h"

namespace ingle {

Status JsonEvents::Parse(std::string_view name, std::string_view text) {
  // The parser takes a zero byte for the end of the text and would not look behind it.
  if (const size_t zero = text.find('\0'); zero != std::string_view::npos) {
    return Fail(ErrorCode::kCorrupt, name, ": the text is not valid JSON, at byte ", zero + 1);
  }
  nlohmann::json_sax<nlohmann::json>* events = this;
  const bool whole = nlohmann::json::sax_parse(text.begin(), text.end(), events);
  if (whole && problem_.empty()) return {};
  return Fail(ErrorCode::kCorrupt, name, ": ", problem_);
}

}  // namespace ingle
