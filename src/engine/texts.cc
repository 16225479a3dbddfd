#include "engine/texts.h"

#include <algorithm>
#include <mutex>

namespace ingle {
namespace {

// What one step takes of a text.
struct Piece {
  std::span<const TokenId> tokens;
  bool last;  // of its text
  std::unique_ptr<Session> session;
};

Status CheckTexts(const Engine& engine, std::span<const std::vector<TokenId>> texts) {
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::string which = texts.size() == 1 ? "the text" : Cat("text ", i + 1);
    if (texts[i].empty()) return Fail(ErrorCode::kInvalidArgument, which, " has no tokens");
    if (texts[i].size() > engine.info().context) {
      return Fail(ErrorCode::kTooLarge, which, " has ", texts[i].size(),
                  " tokens, which do not fit the context of ", engine.info().context);
    }
  }
  return {};
}

// Cuts texts into pieces: as many as fit a step. A text that does not fit one with others begins a
// step, and goes on in the next if it has to.
class Cutter {
 public:
  Cutter(Engine& engine, std::span<const std::vector<TokenId>> texts)
      : engine_(engine), texts_(texts) {}

  bool done() const { return next_ == texts_.size(); }

  std::vector<Piece> NextStep() {
    std::vector<Piece> pieces;
    size_t room = engine_.info().batch_tokens;
    while (!done() && room > 0) {
      const auto rest = std::span(texts_[next_]).subspan(taken_);
      const size_t count = std::min(rest.size(), room);
      const bool last = count == rest.size();
      if (!last && !pieces.empty()) break;
      pieces.push_back(
          {rest.first(count), last, unfinished_ ? std::move(unfinished_) : engine_.NewSession()});
      room -= count;
      taken_ = last ? 0 : taken_ + count;
      if (last) ++next_;
    }
    return pieces;
  }

  // The session of a text that is not at its end.
  void GoOn(std::unique_ptr<Session> session) { unfinished_ = std::move(session); }

 private:
  Engine& engine_;
  std::span<const std::vector<TokenId>> texts_;
  size_t next_ = 0;   // text
  size_t taken_ = 0;  // of its tokens
  std::unique_ptr<Session> unfinished_;
};

size_t RowsOf(const Piece& piece, StepItem::Logits wanted, bool once_a_text) {
  if (wanted == StepItem::Logits::kNone) return 0;
  return wanted == StepItem::Logits::kLast || once_a_text ? 1 : piece.tokens.size();
}

Status RunStep(Engine& engine, std::vector<Piece>& pieces, const TextRun& run,
               const OnRows& on_rows) {
  std::vector<StepItem> items;
  for (const Piece& piece : pieces) items.push_back({piece.session.get(), piece.tokens, run.rows});
  const auto answer = run.states ? engine.States(items) : engine.Step(items);
  if (!answer) return Fail(answer.error());
  const ModelInfo& model = engine.model_info();
  const bool once_a_text = !run.states && model.task == Task::kClassifyText;
  const size_t columns = run.states ? model.width : model.answer_columns;
  std::span<const float> rest = *answer;
  for (const Piece& piece : pieces) {
    const size_t count = RowsOf(piece, run.rows, once_a_text) * columns;
    on_rows(rest.first(count), piece.last);
    rest = rest.subspan(count);
  }
  return {};
}

// How many tokens the tokenizer puts behind a text that has these tokens of its own.
size_t SuffixLength(std::span<const TokenId> own, std::span<const TokenId> whole) {
  const size_t added = whole.size() - std::min(own.size(), whole.size());
  for (size_t prefix = 0; prefix <= added; ++prefix) {
    if (std::equal(own.begin(), own.end(), whole.begin() + static_cast<std::ptrdiff_t>(prefix))) {
      return added - prefix;
    }
  }
  return 0;
}

}  // namespace

uint32_t LongestText(const Engine& engine) {
  const uint32_t stated = engine.model_info().longest_text;
  return stated == 0 ? engine.info().context : std::min(stated, engine.info().context);
}

Result<EncodedText> EncodeText(const Tokenizer& tokenizer, std::string_view text, size_t longest) {
  auto whole = tokenizer.Encode(text, {.add_special = true, .parse_special = true});
  if (!whole) return Fail(whole.error());
  EncodedText encoded{*std::move(whole), 0};
  if (encoded.tokens.size() <= longest) return encoded;
  const auto own = tokenizer.Encode(text, {.add_special = false, .parse_special = true});
  if (!own) return Fail(own.error());
  const size_t suffix = std::min(SuffixLength(*own, encoded.tokens), longest);
  encoded.left_out = encoded.tokens.size() - longest;
  const auto end = encoded.tokens.end() - static_cast<std::ptrdiff_t>(suffix);
  encoded.tokens.erase(end - static_cast<std::ptrdiff_t>(encoded.left_out), end);
  return encoded;
}

Status RunTexts(Engine& engine, std::span<const std::vector<TokenId>> texts, const TextRun& run,
                const OnRows& on_rows) {
  if (const Status checked = CheckTexts(engine, texts); !checked) return checked;
  // Declared first: sessions must not end outside a turn.
  std::unique_lock<Turns> turn;
  if (run.turns != nullptr) turn = std::unique_lock(*run.turns);
  Cutter cutter(engine, texts);
  while (!cutter.done()) {
    std::vector<Piece> pieces = cutter.NextStep();
    if (const Status ran = RunStep(engine, pieces, run, on_rows); !ran) return ran;
    if (!pieces.back().last) cutter.GoOn(std::move(pieces.back().session));
    pieces.clear();
    if (turn.owns_lock() && !cutter.done()) {
      turn.unlock();
      turn.lock();
    }
  }
  return {};
}

}  // namespace ingle
