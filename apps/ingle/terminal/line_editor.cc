#include "terminal/line_editor.h"

#include <fcntl.h>
#include <histedit.h>
#include <unistd.h>

#include <cstdio>

#include "files/file_io.h"

namespace ingle {
namespace {

constexpr int kHistoryLines = 1000;

}  // namespace

struct LineEditor::State {
  EditLine* editor = nullptr;
  History* history = nullptr;
  std::string history_file;
  std::vector<std::string> completions;
  std::string prompt;
  bool interrupted = false;
  std::string typed;  // before Ctrl-C

  // What libedit calls; it hands the State back as its client data.
  static State& Of(EditLine* editor) {
    void* self = nullptr;
    el_get(editor, EL_CLIENTDATA, &self);
    return *static_cast<State*>(self);
  }
  static char* Prompt(EditLine* editor) { return Of(editor).prompt.data(); }
  static unsigned char OnInterrupt(EditLine* editor, wint_t);
  static unsigned char OnTab(EditLine* editor, wint_t);

  bool PrepareHistoryFile();
};

unsigned char LineEditor::State::OnInterrupt(EditLine* editor, wint_t) {
  State& self = Of(editor);
  const LineInfo* line = el_line(editor);
  self.interrupted = true;
  self.typed.assign(line->buffer, line->lastchar);
  return CC_EOF;
}

// Completes a word that begins the line, as far as all candidates agree.
unsigned char LineEditor::State::OnTab(EditLine* editor, wint_t) {
  const LineInfo* line = el_line(editor);
  const std::string typed(line->buffer, line->cursor);
  if (typed.empty() || line->cursor != line->lastchar) return CC_ERROR;
  std::string common;
  for (const std::string& candidate : Of(editor).completions) {
    if (!candidate.starts_with(typed)) continue;
    if (common.empty()) common = candidate + " ";
    size_t same = 0;
    while (same < common.size() && same < candidate.size() + 1 &&
           common[same] == (candidate + " ")[same]) {
      ++same;
    }
    common.resize(same);
  }
  if (common.size() <= typed.size()) return CC_ERROR;
  return el_insertstr(editor, common.c_str() + typed.size()) == 0 ? CC_REFRESH : CC_ERROR;
}

// Created by us and not by libedit, so that nobody else can read it from its first moment on.
bool LineEditor::State::PrepareHistoryFile() {
  if (!MakeFolders(ParentOf(history_file), 0700)) return false;
  const int file = open(history_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return false;
  close(file);
  return true;
}

LineEditor::LineEditor(std::string history, std::vector<std::string> completions)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.history_file = std::move(history);
  s.completions = std::move(completions);
  s.history = history_init();
  HistEvent event;
  ::history(s.history, &event, H_SETSIZE, kHistoryLines);
  if (s.PrepareHistoryFile()) {
    ::history(s.history, &event, H_LOAD, s.history_file.c_str());
  } else {
    s.history_file.clear();
  }
  ::history(s.history, &event, H_SETUNIQUE, 1);

  s.editor = el_init("ingle", stdin, stdout, stderr);
  el_set(s.editor, EL_CLIENTDATA, &s);
  el_set(s.editor, EL_PROMPT, State::Prompt);
  el_set(s.editor, EL_EDITOR, "emacs");
  el_set(s.editor, EL_HIST, ::history, s.history);
  // While a line is edited Ctrl-C is a key, not a signal.
  el_set(s.editor, EL_SETTY, "-d", "-isig", nullptr);
  // Wide, because libedit makes copies of narrow names and never frees them.
  el_wset(s.editor, EL_ADDFN, L"ingle-interrupt", L"give the line up", State::OnInterrupt);
  el_wset(s.editor, EL_ADDFN, L"ingle-complete", L"complete a command", State::OnTab);
  el_set(s.editor, EL_BIND, "^C", "ingle-interrupt", nullptr);
  el_set(s.editor, EL_BIND, "^I", "ingle-complete", nullptr);
  el_set(s.editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  el_source(s.editor, nullptr);  // the person's own ~/.editrc
}

LineEditor::~LineEditor() {
  el_end(state_->editor);
  history_end(state_->history);
}

LineEditor::Input LineEditor::Read(const std::string& prompt) {
  State& s = *state_;
  s.prompt = prompt;
  s.interrupted = false;
  int length = 0;
  const char* line = el_gets(s.editor, &length);
  if (s.interrupted) return {Outcome::kInterrupted, s.typed};
  if (line == nullptr || length <= 0) return {Outcome::kEnd, ""};
  std::string text(line, static_cast<size_t>(length));
  if (text.ends_with('\n')) text.pop_back();
  return {Outcome::kLine, std::move(text)};
}

void LineEditor::Remember(const std::string& line) {
  if (line.empty()) return;
  HistEvent event;
  history(state_->history, &event, H_ENTER, line.c_str());
  if (!state_->history_file.empty()) {
    history(state_->history, &event, H_SAVE, state_->history_file.c_str());
  }
}

}  // namespace ingle
