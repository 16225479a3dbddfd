// Sessions as bytes, and as copies.
//
//   magic "INGS", u32 version
//   u32 length, then the model's identity: text
//   u32 1 if the sequence turns at LongRoPE's other frequencies
//   u32 count, then the tokens: i32 each
//   the pages of keys and values; the recurrent state
//   of an encoder–decoder: u32 count, then the source's tokens, and its pages
//
// Little-endian, as every machine that Ingle runs on.
#include <cstring>

#include "base/fnv1a.h"
#include "engine/engine_state.h"

namespace ingle {
namespace {

constexpr std::string_view kMagic = "INGS";
constexpr uint32_t kVersion = 2;

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  // Nothing where the bytes end before.
  std::optional<std::string_view> Take(uint64_t count) {
    if (count > rest_.size()) return std::nullopt;
    const std::string_view taken = rest_.substr(0, static_cast<size_t>(count));
    rest_.remove_prefix(static_cast<size_t>(count));
    return taken;
  }
  std::optional<uint32_t> Number() {
    const auto bytes = Take(sizeof(uint32_t));
    if (!bytes) return std::nullopt;
    uint32_t number;
    std::memcpy(&number, bytes->data(), sizeof(number));
    return number;
  }
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

void AppendNumber(std::string& to, uint32_t number) {
  to.append(reinterpret_cast<const char*>(&number), sizeof(number));
}

void AppendBytes(std::string& to, const std::byte* bytes, uint64_t count) {
  to.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(count));
}

void AppendTokens(std::string& to, const std::vector<TokenId>& tokens) {
  AppendNumber(to, static_cast<uint32_t>(tokens.size()));
  AppendBytes(to, reinterpret_cast<const std::byte*>(tokens.data()),
              tokens.size() * sizeof(TokenId));
}

tl::unexpected<Error> NoSession(std::string_view why) {
  return Fail(ErrorCode::kCorrupt, "this is no saved session: ", why);
}

struct TokenLimits {
  uint32_t context;
  uint32_t vocabulary;
};

Result<std::vector<TokenId>> ReadTokens(Reader& reader, const TokenLimits& limits) {
  const auto length = reader.Number();
  if (!length) return NoSession("it is cut short");
  if (*length > limits.context) {
    return Fail(ErrorCode::kTooLarge, "a session of ", *length,
                " tokens does not fit the context of ", limits.context);
  }
  const auto bytes = reader.Take(uint64_t{*length} * sizeof(TokenId));
  if (!bytes) return NoSession("it is cut short");
  std::vector<TokenId> tokens(*length);
  if (!tokens.empty()) std::memcpy(tokens.data(), bytes->data(), bytes->size());
  for (const TokenId token : tokens) {
    if (token < 0 || static_cast<uint32_t>(token) >= limits.vocabulary) {
      return NoSession("it has a token outside the vocabulary");
    }
  }
  return tokens;
}

// The pages of so many tokens.
Status ReadPages(Reader& reader, size_t tokens, KvCache& cache, std::vector<std::byte*>& pages) {
  if (const Status grown = cache.Grow(pages, cache.PagesFor(tokens)); !grown) return grown;
  for (std::byte* page : pages) {
    const auto bytes = reader.Take(cache.layout().page_bytes);
    if (!bytes) return NoSession("it is cut short");
    std::memcpy(page, bytes->data(), bytes->size());
  }
  return {};
}

Status CopyPages(const std::vector<std::byte*>& from, KvCache& cache, std::vector<std::byte*>& to) {
  if (const Status grown = cache.Grow(to, from.size()); !grown) return grown;
  for (size_t i = 0; i < from.size(); ++i) std::memcpy(to[i], from[i], cache.layout().page_bytes);
  return {};
}

}  // namespace

uint64_t SampleWeights(const Graph& graph) {
  uint64_t hash = kFnv1aOfNothing;
  for (const Node& node : graph.nodes()) {
    if (node.op != Op::kWeight) continue;
    const TensorView& view = WeightOf(node).view;
    hash = Fnv1a({view.data, std::min<uint64_t>(view.bytes(), 64)}, hash);
  }
  return hash;
}

// What tells one model from another here: its sizes and the beginning of each weight.
std::string Engine::State::Identity() const {
  const CacheLayout& layout = cache_layout();
  return Cat(model_info.architecture, " ", info.weight_bytes, " ", model.shape.vocabulary, " ",
             Name(DTypeOf(layout.type)), " ", layout.page_tokens, " ", layout.page_bytes, " ",
             layout.state_bytes, " ", weight_sample ? *weight_sample : SampleWeights(model.graph));
}

std::string Session::Save() const {
  const Engine::State& engine = *engine_.state_;
  const std::string identity = engine.Identity();
  std::string saved(kMagic);
  AppendNumber(saved, kVersion);
  AppendNumber(saved, static_cast<uint32_t>(identity.size()));
  saved += identity;
  AppendNumber(saved, long_rope_ ? 1 : 0);
  AppendTokens(saved, tokens_);
  for (const std::byte* page : pages_) {
    AppendBytes(saved, page, engine.cache_layout().page_bytes);
  }
  if (!tokens_.empty() && state_.block() != nullptr) {
    AppendBytes(saved, state_.block(), state_.bytes());
  }
  if (engine.encoder) {
    AppendTokens(saved, source_);
    for (const std::byte* page : source_pages_) {
      AppendBytes(saved, page, engine.source_cache->layout().page_bytes);
    }
  }
  return saved;
}

Result<std::unique_ptr<Session>> Engine::Restore(std::string_view saved) {
  Reader reader(saved);
  if (reader.Take(kMagic.size()) != kMagic) return NoSession("it begins with something else");
  if (reader.Number() != kVersion) {
    return Fail(ErrorCode::kUnsupported, "the session was saved by another version of Ingle");
  }
  const auto identity = reader.Take(reader.Number().value_or(UINT32_MAX));
  if (!identity) return NoSession("it is cut short");
  if (*identity != state_->Identity()) {
    return Fail(ErrorCode::kInvalidArgument,
                "the session was saved with another model, or another type of cache");
  }
  const auto long_rope = reader.Number();
  if (!long_rope) return NoSession("it is cut short");
  if (*long_rope > 1) return NoSession("what it says of its frequencies is neither yes nor no");
  const TokenLimits limits{state_->info.context, state_->model.shape.vocabulary};
  auto tokens = ReadTokens(reader, limits);
  if (!tokens) return Fail(tokens.error());
  std::unique_ptr<Session> session = NewSession();
  const Status pages = ReadPages(reader, tokens->size(), *state_->cache, session->pages_);
  if (!pages) return Fail(pages.error());
  if (!tokens->empty() && session->state_.bytes() > 0) {
    const auto bytes = reader.Take(session->state_.bytes());
    if (!bytes) return NoSession("it is cut short");
    const Status made = session->state_.Prepare();
    if (!made) return Fail(made.error());
    std::memcpy(session->state_.block(), bytes->data(), bytes->size());
  }
  if (state_->encoder) {
    auto source = ReadTokens(reader, limits);
    if (!source) return Fail(source.error());
    const Status read =
        ReadPages(reader, source->size(), *state_->source_cache, session->source_pages_);
    if (!read) return Fail(read.error());
    session->source_ = *std::move(source);
  }
  if (!reader.done()) return NoSession("something follows it");
  session->tokens_ = *std::move(tokens);
  session->long_rope_ = *long_rope != 0;
  return session;
}

Result<std::unique_ptr<Session>> Engine::Fork(const Session& session) {
  std::unique_ptr<Session> fork = NewSession();
  const Status copied = CopyPages(session.pages_, *state_->cache, fork->pages_);
  if (!copied) return Fail(copied.error());
  if (state_->encoder) {
    const Status read =
        CopyPages(session.source_pages_, *state_->source_cache, fork->source_pages_);
    if (!read) return Fail(read.error());
    fork->source_ = session.source_;
  }
  auto state = session.state_.Copy();
  if (!state) return Fail(state.error());
  fork->state_ = *std::move(state);
  fork->tokens_ = session.tokens_;
  fork->long_rope_ = session.long_rope_;
  return fork;
}

}  // namespace ingle
