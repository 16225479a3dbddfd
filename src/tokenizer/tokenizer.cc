#include "tokenizer/tokenizer.h"

#include <algorithm>

#include "tokenizer/added_tokens.h"
#include "tokenizer/normalizer.h"
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

constexpr Algorithm kGivenPipeline = {"", Spelling::kGiven, MakePipeline};
constexpr Algorithm kBytesPipeline = {"", Spelling::kByteLevel, MakePipeline};

// What a file says that brings no vocabulary along.
constexpr std::string_view kNoAlgorithm = "none";

// A pre-tokenizer may write three bytes for a space, and places have to fit 32 bits.
constexpr size_t kLongestText = size_t{1} << 30;

tl::unexpected<Error> TooLong(size_t bytes) {
  return Fail(ErrorCode::kTooLarge, "the text has ", bytes, " bytes; tokenizing takes at most ",
              kLongestText);
}

tl::unexpected<Error> NoVocabulary(std::string_view wanted) {
  return Fail(ErrorCode::kUnsupported,
              "the model has no tokenizer: it takes and gives token ids, and no text",
              wanted.empty() ? "" : "; ", wanted);
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

  Status FindAddedTokens(const TokenizerSpec& spec);
  Status ChooseMarkers(const TokenizerSpec& spec);
  Status EncodePart(std::string_view text, bool begins_text, bool parse_special,
                    std::vector<TokenId>& ids) const;

  const Vocabulary vocabulary;
  std::string wanted;            // where there is none
  AddedTokens added;             // looked for in the text as it is
  AddedTokens added_normalized;  // and in what the normalizer makes of it
  Normalizer normalizer;
  std::unique_ptr<TextEncoder> encoder;  // null where there is no vocabulary
  std::optional<TokenId> bos;
  std::optional<TokenId> eos;
  std::optional<TokenId> unknown;
  std::vector<TokenId> before;  // a text's tokens, with add_special
  std::vector<TokenId> after;
  PipelineSpec::FirstToken first = PipelineSpec::FirstToken::kAsItIs;
};

namespace {

// A GGUF file says by the kind of a token that it is looked for in texts.
std::vector<AddedToken> AddedByKind(const TokenizerSpec& spec, const Vocabulary& vocabulary) {
  std::vector<AddedToken> added;
  for (size_t i = 0; i < vocabulary.size(); ++i) {
    const auto id = static_cast<TokenId>(i);
    const TokenKind kind = vocabulary.Kind(id);
    const bool special = kind == TokenKind::kControl || kind == TokenKind::kUnknown;
    if (!special && kind != TokenKind::kUserDefined) continue;
    AddedToken token{std::string(vocabulary.Bytes(id)), id};
    token.special = special;
    token.strip_after =
        std::find(spec.strip_after.begin(), spec.strip_after.end(), id) != spec.strip_after.end();
    added.push_back(std::move(token));
  }
  return added;
}

}  // namespace

Status Tokenizer::State::FindAddedTokens(const TokenizerSpec& spec) {
  std::vector<AddedToken> plain, normalized;
  if (spec.pipeline) {
    for (AddedToken token : spec.pipeline->added) {
      if (token.normalized) token.text = normalizer.Normalize(token.text);
      (token.normalized ? normalized : plain).push_back(std::move(token));
    }
  } else {
    plain = AddedByKind(spec, vocabulary);
  }
  auto found = AddedTokens::Create(std::move(plain));
  if (!found) return Fail(found.error());
  added = *std::move(found);
  found = AddedTokens::Create(std::move(normalized));
  if (!found) return Fail(found.error());
  added_normalized = *std::move(found);
  return {};
}

Status Tokenizer::State::ChooseMarkers(const TokenizerSpec& spec) {
  bos = spec.bos;
  eos = spec.eos;
  unknown = spec.unknown;
  if (spec.pipeline) {
    before = spec.pipeline->before;
    after = spec.pipeline->after;
    first = spec.pipeline->first;
    return {};
  }
  const auto adds_bos = Adds(spec.add_bos, encoder->adds_bos(), spec.bos, "bos");
  if (!adds_bos) return Fail(adds_bos.error());
  const auto adds_eos = Adds(spec.add_eos, false, spec.eos, "eos");
  if (!adds_eos) return Fail(adds_eos.error());
  if (*adds_bos) before = {*bos};
  if (*adds_eos) after = {*eos};
  if (encoder->adds_space_prefix()) first = PipelineSpec::FirstToken::kWithoutSpace;
  return {};
}

Tokenizer::Tokenizer(std::unique_ptr<const State> state) : state_(std::move(state)) {}
Tokenizer::~Tokenizer() = default;

Result<std::unique_ptr<Tokenizer>> Tokenizer::Create(const TokenizerSpec& spec) {
  if (spec.model == kNoAlgorithm) {
    auto state = std::make_unique<State>(Vocabulary());
    state->wanted = spec.wanted;
    return std::unique_ptr<Tokenizer>(new Tokenizer(std::move(state)));
  }
  const Algorithm* algorithm = nullptr;
  if (spec.pipeline) {
    algorithm = spec.pipeline->bytes.empty() ? &kBytesPipeline : &kGivenPipeline;
  }
  for (const Algorithm& row : kAlgorithms) {
    if (!spec.pipeline && row.model == spec.model) algorithm = &row;
  }
  if (!algorithm) {
    return Fail(ErrorCode::kUnsupported, "tokenizer.ggml.model is ", Quote(spec.model),
                ", an algorithm that this version does not know");
  }

  auto vocabulary = Vocabulary::Create(spec, algorithm->spelling);
  if (!vocabulary) return Fail(vocabulary.error());
  auto state = std::make_unique<State>(*std::move(vocabulary));
  auto normalizer = Normalizer::Create(spec.normalizer);
  if (!normalizer) return Fail(normalizer.error());
  state->normalizer = *std::move(normalizer);
  if (const Status found = state->FindAddedTokens(spec); !found) return Fail(found.error());
  auto encoder = algorithm->make(spec, state->vocabulary);
  if (!encoder) return Fail(encoder.error());
  state->encoder = *std::move(encoder);
  if (const Status chosen = state->ChooseMarkers(spec); !chosen) return Fail(chosen.error());
  return std::unique_ptr<Tokenizer>(new Tokenizer(std::move(state)));
}

Result<std::vector<TokenId>> Tokenizer::Encode(std::string_view text, EncodeOptions options) const {
  if (text.size() > kLongestText) return TooLong(text.size());
  if (state_->encoder == nullptr) return NoVocabulary(state_->wanted);
  std::vector<TokenId> ids;
  if (options.add_special) ids = state_->before;
  for (size_t pos = 0; pos < text.size();) {
    const AddedTokens::Match match = state_->added.Next(text, pos, options.parse_special);
    if (match.begin > pos) {
      const Status encoded = state_->EncodePart(text.substr(pos, match.begin - pos), pos == 0,
                                                options.parse_special, ids);
      if (!encoded) return Fail(encoded.error());
    }
    if (match.id != kNoToken) ids.push_back(match.id);
    pos = match.end;
  }
  if (options.add_special) ids.insert(ids.end(), state_->after.begin(), state_->after.end());
  return ids;
}

Status Tokenizer::State::EncodePart(std::string_view text, bool begins_text, bool parse_special,
                                    std::vector<TokenId>& ids) const {
  const bool as_it_is = normalizer.changes_nothing();
  const std::string normalized = as_it_is ? std::string() : normalizer.Normalize(text);
  const std::string_view rest = as_it_is ? text : std::string_view(normalized);
  if (rest.size() > kLongestText) return TooLong(rest.size());
  for (size_t pos = 0; pos < rest.size();) {
    const AddedTokens::Match match = added_normalized.Next(rest, pos, parse_special);
    if (match.begin > pos) {
      encoder->EncodePart(rest.substr(pos, match.begin - pos), begins_text && pos == 0, ids);
    }
    if (match.id != kNoToken) ids.push_back(match.id);
    pos = match.end;
  }
  return {};
}

Result<std::string> Tokenizer::Decode(std::span<const TokenId> ids, DecodeOptions options) const {
  if (state_->encoder == nullptr) return NoVocabulary(state_->wanted);
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
  if (at_start && kind == TokenKind::kNormal &&
      state_->first != PipelineSpec::FirstToken::kAsItIs) {
    const size_t most = state_->first == PipelineSpec::FirstToken::kWithoutSpace ? 1 : bytes.size();
    const size_t spaces = std::min(bytes.find_first_not_of(' '), bytes.size());
    bytes.remove_prefix(std::min(spaces, most));
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
std::optional<TokenId> Tokenizer::unknown() const { return state_->unknown; }
bool Tokenizer::adds_bos() const {
  return state_->bos && !state_->before.empty() && state_->before.front() == *state_->bos;
}
bool Tokenizer::adds_eos() const {
  return state_->eos && !state_->after.empty() && state_->after.back() == *state_->eos;
}

bool Tokenizer::IsEndOfGeneration(TokenId id) const {
  return state_->vocabulary.IsEndOfGeneration(id);
}

}  // namespace ingle
