#include "tokenizer/template/split.h"

#include <algorithm>
#include <optional>

#include "tokenizer/template/text.h"

namespace ingle::jinja {
namespace {

constexpr size_t kNone = std::string_view::npos;
using Pieces = std::vector<std::string_view>;

// The offset where the run of characters at an end of text stops that are blanks (or are none).
size_t RunLength(std::string_view text, bool blanks) {
  std::string_view rest = text;
  while (!rest.empty()) {
    std::string_view after = rest;
    const bool blank = (ClassOf(CodeOf(TakeChar(after))) & kCharSpace) != 0;
    if (blank != blanks) break;
    rest = after;
  }
  return text.size() - rest.size();
}

Pieces SplitBlanks(std::string_view text, int64_t most) {
  Pieces pieces;
  text.remove_prefix(RunLength(text, true));
  while (!text.empty()) {
    if (static_cast<int64_t>(pieces.size()) == most) {
      pieces.push_back(text);
      break;
    }
    const size_t word = RunLength(text, false);
    pieces.push_back(text.substr(0, word));
    text.remove_prefix(word);
    text.remove_prefix(RunLength(text, true));
  }
  return pieces;
}

Pieces RightSplitBlanks(std::string_view text, int64_t most) {
  Pieces pieces = SplitBlanks(text, INT64_MAX);
  const auto count = static_cast<int64_t>(pieces.size());
  if (count <= most + 1) return pieces;
  // The words that are not to be split off stay together, with what is before them.
  const auto first_off = static_cast<std::ptrdiff_t>(count - most);
  const std::string_view last_kept = pieces[static_cast<size_t>(first_off) - 1];
  const auto end = static_cast<size_t>(last_kept.data() + last_kept.size() - text.data());
  Pieces split = {text.substr(0, end)};
  split.insert(split.end(), pieces.begin() + first_off, pieces.end());
  return split;
}

Pieces SplitAt(std::string_view text, std::string_view separator, int64_t most) {
  Pieces pieces;
  while (static_cast<int64_t>(pieces.size()) < most) {
    const size_t at = text.find(separator);
    if (at == kNone) break;
    pieces.push_back(text.substr(0, at));
    text.remove_prefix(at + separator.size());
  }
  pieces.push_back(text);
  return pieces;
}

Pieces RightSplitAt(std::string_view text, std::string_view separator, int64_t most) {
  Pieces pieces;
  while (static_cast<int64_t>(pieces.size()) < most) {
    const size_t at = text.rfind(separator);
    if (at == kNone) break;
    pieces.push_back(text.substr(at + separator.size()));
    text = text.substr(0, at);
  }
  pieces.push_back(text);
  std::reverse(pieces.begin(), pieces.end());
  return pieces;
}

Result<Value> ListOf(Runtime& runtime, const Value& self, const Pieces& pieces) {
  ValueList items;
  for (std::string_view piece : pieces) {
    Result<Value> item = runtime.String(std::string(piece), Rep::IsMarkup(self));
    if (!item) return item;
    items.push_back(std::move(*item));
  }
  return runtime.List(std::move(items));
}

template <bool kFromRight>
Result<Value> Split(Runtime& runtime, const Value& self, const Arguments& args) {
  Result<std::optional<std::string_view>> separator = args.Text(0);
  if (!separator) return Fail(separator.error());
  Result<int64_t> most = args.Int(1, -1);
  if (!most) return Fail(most.error());
  if (*most < 0) *most = INT64_MAX - 1;

  const std::string& text = self.text();
  const uint64_t sought = *separator ? (*separator)->size() : 0;
  if (Status work = runtime.StepSearch(text.size(), sought); !work) return Fail(work.error());
  if (Status room = runtime.CheckRoom(8 * text.size()); !room) return Fail(room.error());
  if (!*separator) {
    return ListOf(runtime, self, (kFromRight ? RightSplitBlanks : SplitBlanks)(text, *most));
  }
  if ((*separator)->empty()) return Raise("split() cannot split at nothing");
  return ListOf(runtime, self, (kFromRight ? RightSplitAt : SplitAt)(text, **separator, *most));
}

template <bool kFromRight>
Result<Value> Partition(Runtime& runtime, const Value& self, const Arguments& args) {
  if (!args[0].IsString()) return Raise("partition() wants a str");
  const std::string_view text = self.text();
  const std::string& separator = args[0].text();
  if (separator.empty()) return Raise("partition() cannot split at nothing");
  if (Status work = runtime.StepSearch(text.size(), separator.size()); !work) {
    return Fail(work.error());
  }
  const size_t at = kFromRight ? text.rfind(separator) : text.find(separator);
  Pieces pieces = {text, "", ""};
  if (at == kNone && kFromRight) pieces = {"", "", text};
  if (at != kNone) pieces = {text.substr(0, at), separator, text.substr(at + separator.size())};
  Result<Value> list = ListOf(runtime, self, pieces);
  if (!list) return list;
  return runtime.Tuple(list->items());
}

}  // namespace

std::vector<std::string_view> LinesOf(std::string_view text, bool keep_ends) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    std::string_view rest = text;
    size_t line = text.size();
    while (!rest.empty()) {
      const size_t start = text.size() - rest.size();
      const char32_t c = CodeOf(TakeChar(rest));
      if (!IsLineBreak(c)) continue;
      if (c == '\r' && rest.starts_with('\n')) rest.remove_prefix(1);
      line = start;
      break;
    }
    const size_t whole = text.size() - rest.size();
    lines.push_back(text.substr(0, keep_ends ? whole : line));
    text = rest;
  }
  return lines;
}

Result<Value> ReplaceText(Runtime& runtime, const Value& text, std::string_view old,
                          std::string_view with, int64_t count) {
  std::string_view rest = text.text();
  if (Status work = runtime.StepSearch(rest.size(), old.size()); !work) return Fail(work.error());
  if (count < 0) count = INT64_MAX;
  TextSink out = runtime.NewSink();
  for (; count > 0 && !out.full(); --count) {
    if (old.empty()) {  // before each character and at the end
      out.Append(with);
      if (rest.empty()) break;
      out.Append(TakeChar(rest));
      continue;
    }
    const size_t at = rest.find(old);
    if (at == kNone) break;
    out.Append(rest.substr(0, at));
    out.Append(with);
    rest.remove_prefix(at + old.size());
  }
  out.Append(rest);
  return runtime.String(std::move(out), Rep::IsMarkup(text));
}

Result<Value> SplitMethod(Runtime& runtime, const Value& self, const Arguments& args) {
  return Split<false>(runtime, self, args);
}

Result<Value> RightSplitMethod(Runtime& runtime, const Value& self, const Arguments& args) {
  return Split<true>(runtime, self, args);
}

Result<Value> SplitLinesMethod(Runtime& runtime, const Value& self, const Arguments& args) {
  if (Status work = runtime.StepBytes(self.text().size()); !work) return Fail(work.error());
  return ListOf(runtime, self, LinesOf(self.text(), args.Flag(0)));
}

Result<Value> PartitionMethod(Runtime& runtime, const Value& self, const Arguments& args) {
  return Partition<false>(runtime, self, args);
}

Result<Value> RightPartitionMethod(Runtime& runtime, const Value& self, const Arguments& args) {
  return Partition<true>(runtime, self, args);
}

}  // namespace ingle::jinja
