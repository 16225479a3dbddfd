#include "tokenizer/answer/answer_parser.h"

#include <optional>
#include <string>
#include <utility>

#include "tokenizer/answer/call_extent.h"
#include "tokenizer/answer/marks.h"
#include "tokenizer/answer/sections.h"
#include "tokenizer/answer/text.h"
#include "tokenizer/answer/thinking_formats.h"
#include "tokenizer/answer/tool_formats.h"

namespace ingle {
namespace {

const SectionFormat* SectionsOf(const AnswerDialect& dialect) {
  if (dialect.thinking != nullptr && dialect.thinking->sections) return dialect.thinking->sections;
  return dialect.tools != nullptr ? dialect.tools->sections : nullptr;
}

bool IsOffer(const Value& tools) {
  if (tools.IsSequence()) return !tools.items().empty();
  return tools.kind() == Value::Kind::kBool && tools.bool_value();
}

// Marks in content and in thoughts.
struct Marks {
  std::vector<Mark> in_content;
  std::vector<Mark> in_thought;
  std::vector<Mark> of_sections;

  void AddThinking(const ThinkingFormat& format);
  void AddTools(const ToolFormat& format);
  void AddSections(const SectionFormat& format);
};

void Marks::AddThinking(const ThinkingFormat& format) {
  if (!format.open.empty()) {
    in_content.push_back(
        {.text = format.open, .kind = Mark::Kind::kOpenThought, .first_only = !format.special});
    in_thought.push_back({.text = format.close, .kind = Mark::Kind::kCloseThought});
  }
  for (const std::string_view text : format.frame) {
    if (!text.empty()) in_content.push_back({.text = text, .kind = Mark::Kind::kFrame});
  }
}

void Marks::AddTools(const ToolFormat& format) {
  for (const CallSyntax& syntax : format.syntaxes) {
    if (syntax.open.empty()) continue;
    const Mark mark = {.text = syntax.open,
                       .kind = Mark::Kind::kOpenCall,
                       .first_only = syntax.first_only,
                       .syntax = &syntax};
    in_content.push_back(mark);
    if (syntax.special) in_thought.push_back(mark);
  }
}

void Marks::AddSections(const SectionFormat& format) {
  for (const std::string_view text : format.open) {
    if (!text.empty()) of_sections.push_back({.text = text, .kind = Mark::Kind::kOpenSection});
  }
  for (const std::string_view text : format.close) {
    if (!text.empty()) of_sections.push_back({.text = text, .kind = Mark::Kind::kCloseSection});
  }
  in_content.insert(in_content.end(), of_sections.begin(), of_sections.end());
  in_thought.insert(in_thought.end(), of_sections.begin(), of_sections.end());
}

}  // namespace

// What came and is not yet said is in pending_ from start_ on. A call in the making stays there
// whole, so that it can still become content.
class AnswerParser::State {
 public:
  State(AnswerDialect dialect, std::string_view prompt, const Value& tools);

  std::vector<AnswerEvent> Feed(std::string_view piece);
  std::vector<AnswerEvent> Finish();
  const Answer& answer() const { return answer_; }

 private:
  enum class Stage { kText, kHeader, kCall, kSectionCall };

  void Begin(std::string_view prompt);
  bool Step();
  bool ReadText();
  bool ReadHeader();
  bool ReadCall();
  bool ReadSectionCall();

  void Meet(const Mark& mark);
  void Enter(const Section& section);
  // The first size bytes of what is pending: no mark, or no call.
  bool TakeAsText(size_t size);
  bool TakeCalls(std::optional<ToolCalls> calls, size_t size);

  void Cross();
  void Say(std::string_view text);
  void Emit(std::string text);

  std::string_view Pending() const { return std::string_view(pending_).substr(start_); }
  std::string_view AfterMark() const { return Pending().substr(mark_size_); }

  AnswerDialect dialect_;
  Value tools_;
  bool tools_offered_;
  const SectionFormat* sections_;
  Marks marks_;

  Stage stage_ = Stage::kText;
  bool thinking_ = false;
  bool over_ = false;

  std::string pending_;
  size_t start_ = 0;
  size_t mark_size_ = 0;  // kHeader, kCall: of the mark at start_; kSectionCall: with the header
  const CallSyntax* syntax_ = nullptr;  // kCall
  std::optional<CallExtent> extent_;
  std::string function_;      // kSectionCall
  size_t no_end_before_ = 0;  // kSectionCall: in AfterMark()

  // Space beside a mark belongs to the mark. So space is held until something else follows.
  std::string space_;
  bool said_nothing_ = true;  // since the beginning or the last mark
  bool after_mark_ = false;

  std::vector<AnswerEvent> events_;
  Answer answer_;
  size_t calls_without_id_ = 0;
};

AnswerParser::State::State(AnswerDialect dialect, std::string_view prompt, const Value& tools)
    : dialect_(dialect),
      tools_(tools),
      tools_offered_(IsOffer(tools)),
      sections_(SectionsOf(dialect)) {
  if (dialect.thinking != nullptr) marks_.AddThinking(*dialect.thinking);
  if (dialect.tools != nullptr && tools_offered_) marks_.AddTools(*dialect.tools);
  if (sections_ != nullptr) marks_.AddSections(*sections_);
  Begin(prompt);
}

void AnswerParser::State::Begin(std::string_view prompt) {
  if (sections_ != nullptr) {
    const PromptSection begun = ReadPrompt(*sections_, prompt);
    if (begun.in_header) stage_ = Stage::kHeader;
    // A call that the prompt began cannot be told from its end alone.
    if (begun.section && begun.section->kind != Section::Kind::kCall) Enter(*begun.section);
    return;
  }
  if (dialect_.thinking == nullptr) return;
  const std::string_view end = TrimmedRight(prompt);
  thinking_ = end.ends_with(dialect_.thinking->open);
  after_mark_ = thinking_ || end.ends_with(dialect_.thinking->close);
}

std::vector<AnswerEvent> AnswerParser::State::Feed(std::string_view piece) {
  pending_ += piece;
  while (Step()) {
  }
  pending_.erase(0, start_);
  start_ = 0;
  return std::exchange(events_, {});
}

std::vector<AnswerEvent> AnswerParser::State::Finish() {
  over_ = true;
  while (Step()) {
  }
  if (!thinking_ && !(said_nothing_ && after_mark_)) Emit(std::exchange(space_, {}));
  return std::exchange(events_, {});
}

// True while there may be more to do.
bool AnswerParser::State::Step() {
  switch (stage_) {
    case Stage::kText:
      return ReadText();
    case Stage::kHeader:
      return ReadHeader();
    case Stage::kCall:
      return ReadCall();
    case Stage::kSectionCall:
      return ReadSectionCall();
  }
  return false;
}

bool AnswerParser::State::ReadText() {
  const MarkMatch match =
      FindMark(Pending(), thinking_ ? marks_.in_thought : marks_.in_content, over_);
  Say(Pending().substr(0, match.position));
  start_ += match.position;
  if (match.mark == nullptr) return false;
  Meet(*match.mark);
  return true;
}

void AnswerParser::State::Meet(const Mark& mark) {
  mark_size_ = mark.text.size();
  if (mark.first_only && !said_nothing_) {
    TakeAsText(mark_size_);
    return;
  }
  switch (mark.kind) {
    case Mark::Kind::kOpenCall:
      stage_ = Stage::kCall;
      syntax_ = mark.syntax;
      extent_.emplace(*mark.syntax);
      return;
    case Mark::Kind::kOpenSection:
      stage_ = Stage::kHeader;
      return;
    case Mark::Kind::kOpenThought:
    case Mark::Kind::kCloseThought:
    case Mark::Kind::kFrame:
    case Mark::Kind::kCloseSection:
      Cross();
      thinking_ = mark.kind == Mark::Kind::kOpenThought;
      start_ += mark_size_;
  }
}

bool AnswerParser::State::ReadHeader() {
  const std::string_view text = AfterMark();
  const size_t size = text.substr(0, kMaxHeaderSize).find(sections_->end_of_header);
  if (size == std::string_view::npos) {
    const bool hopeless = over_ || text.size() >= kMaxHeaderSize;
    return hopeless && TakeAsText(mark_size_);
  }
  const std::optional<Section> section = sections_->read_header(text.substr(0, size));
  const bool is_call = section && section->kind == Section::Kind::kCall;
  if (!section || (is_call && !tools_offered_)) return TakeAsText(mark_size_);
  mark_size_ += size + sections_->end_of_header.size();
  Enter(*section);
  if (is_call) return true;
  start_ += mark_size_;
  return true;
}

void AnswerParser::State::Enter(const Section& section) {
  if (section.kind == Section::Kind::kCall) {
    stage_ = Stage::kSectionCall;
    function_ = section.name;
    no_end_before_ = 0;
    return;
  }
  Cross();
  stage_ = Stage::kText;
  thinking_ = section.kind == Section::Kind::kThinking;
}

bool AnswerParser::State::ReadCall() {
  const size_t before = syntax_->marks_are_text ? 0 : mark_size_;
  const std::string_view text = Pending().substr(before);
  size_t body = text.size();
  size_t size = text.size();
  switch (extent_->Read(text)) {
    case CallExtent::State::kNone:
      return TakeAsText(mark_size_);
    case CallExtent::State::kOpen:
      // A model may stop where the closing mark should be. What it wrote may be whole all the same.
      if (!over_) return false;
      break;
    case CallExtent::State::kClosed:
      body = extent_->body_size();
      size = extent_->size();
  }
  const size_t call = syntax_->marks_are_text ? size : body;
  return TakeCalls(syntax_->read(text.substr(0, call), tools_), before + size);
}

bool AnswerParser::State::ReadSectionCall() {
  const std::string_view text = AfterMark();
  const MarkMatch end = FindMark(text.substr(no_end_before_), marks_.of_sections, over_);
  no_end_before_ += end.position;
  if (end.mark == nullptr && !over_) return false;
  const size_t body = no_end_before_;
  const bool closed = end.mark != nullptr && end.mark->kind == Mark::Kind::kCloseSection;
  return TakeCalls(ReadArguments(function_, text.substr(0, body)),
                   mark_size_ + body + (closed ? end.mark->text.size() : 0));
}

bool AnswerParser::State::TakeCalls(std::optional<ToolCalls> calls, size_t size) {
  if (!calls) return TakeAsText(size);
  Cross();
  for (ToolCall& call : *calls) {
    if (call.id.empty()) call.id = "call_" + std::to_string(calls_without_id_++);
    answer_.tool_calls.push_back(call);
    events_.push_back({.kind = AnswerEvent::Kind::kToolCall, .text = {}, .call = std::move(call)});
  }
  stage_ = Stage::kText;
  thinking_ = false;
  start_ += size;
  return true;
}

bool AnswerParser::State::TakeAsText(size_t size) {
  stage_ = Stage::kText;
  Say(Pending().substr(0, size));
  start_ += size;
  return true;
}

// Passes a mark.
void AnswerParser::State::Cross() {
  space_.clear();
  said_nothing_ = true;
  after_mark_ = true;
}

void AnswerParser::State::Say(std::string_view text) {
  if (said_nothing_ && after_mark_) text = TrimmedLeft(text);
  const std::string_view firm = TrimmedRight(text);
  if (!firm.empty()) {
    Emit(std::exchange(space_, {}).append(firm));
    said_nothing_ = false;
  }
  space_ += text.substr(firm.size());
}

void AnswerParser::State::Emit(std::string text) {
  if (text.empty()) return;
  (thinking_ ? answer_.thinking : answer_.content) += text;
  const auto kind = thinking_ ? AnswerEvent::Kind::kThinking : AnswerEvent::Kind::kContent;
  events_.push_back({.kind = kind, .text = std::move(text), .call = {}});
}

std::string_view AnswerDialect::thinking_name() const {
  return thinking != nullptr ? thinking->name : "none";
}

std::string_view AnswerDialect::tools_name() const {
  return tools != nullptr ? tools->name : "none";
}

AnswerDialect DetectDialect(std::string_view template_source) {
  return {.thinking = DetectThinking(template_source), .tools = DetectTools(template_source)};
}

AnswerParser::AnswerParser(AnswerDialect dialect, std::string_view prompt, const Value& tools)
    : state_(std::make_unique<State>(dialect, prompt, tools)) {}
AnswerParser::~AnswerParser() = default;
AnswerParser::AnswerParser(AnswerParser&&) noexcept = default;
AnswerParser& AnswerParser::operator=(AnswerParser&&) noexcept = default;

std::vector<AnswerEvent> AnswerParser::Feed(std::string_view piece) { return state_->Feed(piece); }
std::vector<AnswerEvent> AnswerParser::Finish() { return state_->Finish(); }
const Answer& AnswerParser::answer() const { return state_->answer(); }

}  // namespace ingle
