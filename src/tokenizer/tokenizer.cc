#include "tokenizer/tokenizer.h"

#include <limits>

#include "tokenizer/special_tokens.h"
#include "tokenizer/text_encoder.h"
#include "tokenizer/vocabulary.h"

namespace ingle {
namespace {

struct Algorithm {
  std::string_view model;
  Spelling spelling;
  Result<std::unique_ptr<TextEncoder>> (*make)(const TokenizerSpec&, const Vocabulary&);
};

constexpr Algorithm kAlgorithms[] = {
    {"gpt2", Spelling::kByteLevel, MakeByteLevelBpe},
    {"llama", Spelling::kSentencePiece, MakeSentencePieceBpe},
    {"t5", Spelling::kSentencePiece, MakeUnigram},
    {"bert", Spelling::kWordPiece, MakeWordPiece},
};

// What a file says that brings no vocabulary along.
constexpr std::string_view kNoAlgorithm = "none";

constexpr size_t kLongestText = std::numeric_limits<int32_t>::max();

tl::unexpected<Error> TooLong(size_t bytes) {
  return Fail(ErrorCode::kTooLarge, "the text has ", bytes, " bytes; tokenizing takes at most ",
              kLongestText);
}

tl::unexpected<Error> NoVocabulary() {
  return Fail(ErrorCode::kUnsupported,
              "the model has no tokenizer: it takes and gives token ids, and no text");
}

// Whether a marker is added; it has to exist where the file asks for it.
Result<bool> Adds(std::optional<bool> asked, bool usual, std::optional<TokenId> id,
                  std::string_view name) {
  if (asked.value_or(false) && !id) {
    return Fail(ErrorCode::kCorrupt, "tokenizer.ggml.add_", name,
                "_token is true, but there is no ", "tokenizer.ggml.", name, "_token_id");
  }
  return asked.value_or(usual) && id.has_value();
}

}  // namespace

// Its parts point at the vocabulary, so it stays where it is made.
struct Tokenizer::State {
  explicit State(Vocabulary tokens) : vocabulary(std::move(tokens)) {}

  const Vocabulary vocabulary;
  std::optional<SpecialTokens> special;
  Normalizer normalizer;
  std::unique_ptr<TextEncoder> encoder;  // null where there is no vocabulary
  std::optional<TokenId> bos;
  std::optional<TokenId> eos;
  bool adds_bos = false;
  bool adds_eos = false;
};

Tokenizer::Tokenizer(std::unique_ptr<const State> state) : state_(std::move(state)) {}
Tokenizer::~Tokenizer() = default;

Result<std::unique_ptr<Tokenizer>> Tokenizer::Create(const TokenizerSpec& spec) {
  if (spec.model == kNoAlgorithm) {
    return std::unique_ptr<Tokenizer>(new Tokenizer(std::make_unique<State>(Vocabulary())));
  }
  const Algorithm* algorithm = nullptr;
  for (const Algorithm& row : kAlgorithms) {
    if (row.model == spec.model) algorithm = &row;
  }
  if (!algorithm) {
    return Fail(ErrorCode::kUnsupported, "tokenizer.ggml.model is ", Quote(spec.model),
                ", an algorithm that this version does not know");
  }

  auto vocabulary = Vocabulary::Create(spec, algorithm->spelling);
  if (!vocabulary) return Fail(vocabulary.error());
  auto state = std::make_unique<State>(*std::move(vocabulary));

  auto special = SpecialTokens::Create(state->vocabulary, spec.strip_after);
  if (!special) return Fail(special.error());
  state->special = *std::move(special);

  auto normalizer = Normalizer::Create(spec.normalizer);
  if (!normalizer) return Fail(normalizer.error());
  state->normalizer = *std::move(normalizer);

  auto encoder = algorithm->make(spec, state->vocabulary);
  if (!encoder) return Fail(encoder.error());
  state->encoder = *std::move(encoder);

  const auto adds_bos = Adds(spec.add_bos, state->encoder->adds_bos(), spec.bos, "bos");
  if (!adds_bos) return Fail(adds_bos.error());
  const auto adds_eos = Adds(spec.add_eos, false, spec.eos, "eos");
  if (!adds_eos) return Fail(adds_eos.error());
  state->bos = spec.bos;
  state->eos = spec.eos;
  state->adds_bos = *adds_bos;
  state->adds_eos = *adds_eos;
  return std::unique_ptr<Tokenizer>(new Tokenizer(std::move(state)));
}

Result<std::vector<TokenId>> Tokenizer::Encode(std::string_view text, EncodeOptions options) const {
  if (text.size() > kLongestText) return TooLong(text.size());
  if (state_->encoder == nullptr) return NoVocabulary();
  std::vector<TokenId> ids;
  if (options.add_special && state_->adds_bos) ids.push_back(*state_->bos);

  for (size_t pos = 0; pos < text.size();) {
    const SpecialTokens::Match match = state_->special->Next(text, pos, options.parse_special);
    if (match.begin > pos) {
      const std::string_view ordinary = text.substr(pos, match.begin - pos);
      if (Status status = EncodeOrdinary(ordinary, ids); !status) return Fail(status.error());
    }
    if (match.id != kNoToken) ids.push_back(match.id);
    pos = match.end;
  }

  if (options.add_special && state_->adds_eos) ids.push_back(*state_->eos);
  return ids;
}

Status Tokenizer::EncodeOrdinary(std::string_view text, std::vector<TokenId>& ids) const {
  if (state_->normalizer.changes_nothing()) {
    state_->encoder->Encode(text, ids);
    return {};
  }
  const std::string normalized = state_->normalizer.Normalize(text);
  if (normalized.size() > kLongestText) return TooLong(normalized.size());
  state_->encoder->Encode(normalized, ids);
  return {};
}

Result<std::string> Tokenizer::Decode(std::span<const TokenId> ids, DecodeOptions options) const {
  if (state_->encoder == nullptr) return NoVocabulary();
  std::string text;
  bool at_start = !options.continues_text;
  for (const TokenId id : ids) AppendToken(id, options, at_start, text);
  return text;
}

void Tokenizer::AppendToken(TokenId id, DecodeOptions options, bool& at_start,
                            std::string& text) const {
  if (!state_->vocabulary.Has(id)) return;
  const TokenKind kind = Kind(id);
  const bool special = kind == TokenKind::kControl || kind == TokenKind::kUnknown;
  if (special && !options.render_special) return;
  std::string_view bytes = state_->vocabulary.Bytes(id);
  // The space that encoding put before the text.
  if (at_start && kind == TokenKind::kNormal && state_->encoder->adds_space_prefix() &&
      bytes.substr(0, 1) == " ") {
    bytes.remove_prefix(1);
  }
  at_start = false;
  text += bytes;
}

size_t Tokenizer::size() const { return state_->vocabulary.size(); }

std::string_view Tokenizer::TokenText(TokenId id) const {
  return state_->vocabulary.Has(id) ? state_->vocabulary.Text(id) : std::string_view();
}

std::string_view Tokenizer::TokenBytes(TokenId id) const {
  return state_->vocabulary.Has(id) ? state_->vocabulary.Bytes(id) : std::string_view();
}

TokenKind Tokenizer::Kind(TokenId id) const {
  return state_->vocabulary.Has(id) ? state_->vocabulary.Kind(id) : TokenKind::kUnused;
}

std::optional<TokenId> Tokenizer::FindToken(std::string_view text) const {
  const TokenId id = state_->vocabulary.Find(text);
  if (id == kNoToken) return std::nullopt;
  return id;
}

std::optional<TokenId> Tokenizer::bos() const { return state_->bos; }
std::optional<TokenId> Tokenizer::eos() const { return state_->eos; }
bool Tokenizer::adds_bos() const { return state_->adds_bos; }
bool Tokenizer::adds_eos() const { return state_->adds_eos; }

bool Tokenizer::IsEndOfGeneration(TokenId id) const {
  return state_->vocabulary.IsEndOfGeneration(id);
}

}  // namespace ingle
