#include "engine/tokenizer_to_gguf.h"

#include <algorithm>
#include <deque>
#include <set>
#include <unordered_map>

#include "engine/tokenizer_from_gguf.h"
#include "tokenizer/byte_level.h"
#include "tokenizer/pretokenizer.h"

namespace ingle {
namespace {

constexpr std::string_view kWholeFile = "tokenizer.huggingface.json";
constexpr std::string_view kWordBegin = "\xE2\x96\x81";  // U+2581

// Texts on which ways of cutting differ: words and contractions, runs of digits, of white space and
// of marks, other scripts, combining marks, emoji, lone spaces.
constexpr std::string_view kProbes[] = {
    "Hello world, it's what they'd've SAID: I'M SURE WE'LL go. HelloWorld fooBar",
    "3 33 333 3333 12345678 3.14 1,000 x2y3 ²½ ٣٤ v1.0.3",
    "  two  three   \n\n \n\t\ttab \r\n end  \n",
    "def f(x):\n    return x[1:] != {'a': \"b\"}  # !!! ???... ----- ===>",
    "naïve cafe\u0301 Über straße İstanbul \uFB01ne \uFF21\uFF22",
    "Привет, мир! 我想在apple工作1314 かタ 한국어 हिन्दी",
    "🚀 😶\u200D🌫\uFE0F ok ✅\u00A0 nbsp \u200B zw",
    " leading",
    "x",
    " ",
    ""};

// What the trials vary.
struct Options {
  std::string_view model;
  std::string_view pre = "default";
  bool space_prefix = true;
  bool collapse_spaces = false;
};

class Fields {
 public:
  Fields(const TokenizerFromFiles& from, size_t vocabulary)
      : spec_(from.spec), pipeline_(*from.spec.pipeline), vocabulary_(vocabulary) {}

  void Write(const Options& options, GgufHeader& header) {
    options_ = options;
    header.SetString("tokenizer.ggml.model", options.model);
    WriteIds(header);
    if (options.model == "none") return;
    header.SetString("tokenizer.ggml.pre", options.pre);
    WriteTokens(header);
    if (options.model == "gpt2") WriteByteLevel(header);
    if (options.model == "llama") WriteMergeScores(header);
    if (options.model == "t5") WriteUnigram(header);
    if (options.model == "bert") WriteBert(header);
    if (options.model == "llama" || options.model == "t5") {
      header.SetBool("tokenizer.ggml.add_space_prefix", options.space_prefix);
    }
  }

 private:
  TokenKind KindOf(size_t id) const {
    if (id >= spec_.tokens.size()) return TokenKind::kUnused;
    const TokenKind kind = spec_.kinds.empty() ? TokenKind::kNormal : spec_.kinds[id];
    const std::string_view text = spec_.tokens[id];
    const bool bytes = options_.model == "llama" || options_.model == "t5";
    if (bytes && text.size() == 6 && text.starts_with("<0x") && text.ends_with('>')) {
      return TokenKind::kByte;
    }
    if (spec_.unknown && static_cast<size_t>(*spec_.unknown) == id) return TokenKind::kUnknown;
    return kind;
  }

  std::string TextOf(size_t id) const {
    if (id >= spec_.tokens.size() || spec_.tokens[id].empty()) return Cat("[PAD", id, "]");
    std::string text(spec_.tokens[id]);
    const TokenKind kind = KindOf(id);
    if (options_.model == "bert" && kind == TokenKind::kNormal) {
      const std::string& continuing = spec_.continuing_prefix;
      return text.starts_with(continuing) ? text.substr(continuing.size()) : Cat(kWordBegin, text);
    }
    // Found in a text as it is, spaces and all.
    if (kind == TokenKind::kUserDefined) {
      for (size_t at = 0; (at = text.find(kWordBegin, at)) != std::string::npos; ++at) {
        text.replace(at, kWordBegin.size(), " ");
      }
    }
    return text;
  }

  void WriteTokens(GgufHeader& header) const {
    std::vector<std::string> texts;
    std::vector<int32_t> kinds;
    for (size_t id = 0; id < vocabulary_; ++id) {
      texts.push_back(TextOf(id));
      kinds.push_back(static_cast<int32_t>(KindOf(id)) + 1);  // GGUF counts from 1
    }
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    header.SetStrings("tokenizer.ggml.tokens", views);
    header.SetInts("tokenizer.ggml.token_type", kinds);
  }

  void SetId(GgufHeader& header, std::string_view name, std::optional<TokenId> id) const {
    if (id) header.SetUint32(Cat("tokenizer.ggml.", name, "_token_id"), static_cast<uint32_t>(*id));
  }

  // What ends a generation beside EOS ends a turn, of which files name one.
  void WriteIds(GgufHeader& header) const {
    std::optional<TokenId> bos = spec_.bos, eos = spec_.eos;
    if (!pipeline_.before.empty()) bos = pipeline_.before[0];
    if (!pipeline_.after.empty()) eos = pipeline_.after[0];
    if (!eos && !pipeline_.ends.empty()) eos = pipeline_.ends[0];
    SetId(header, "bos", bos);
    SetId(header, "eos", eos);
    SetId(header, "unknown", spec_.unknown);
    for (const TokenId end : pipeline_.ends) {
      if (end == eos) continue;
      SetId(header, "eot", end);
      break;
    }
    header.SetBool("tokenizer.ggml.add_bos_token", !pipeline_.before.empty());
    header.SetBool("tokenizer.ggml.add_eos_token", !pipeline_.after.empty());
  }

  void WriteByteLevel(GgufHeader& header) const {
    header.SetStrings("tokenizer.ggml.merges", spec_.merges);
    for (const NormalizerStep& step : spec_.normalizer) {
      const auto* form = std::get_if<NormalForm>(&step);
      if (form == nullptr || form->compatibility || !form->compose) continue;
      header.SetBool("tokenizer.ggml.normalizer.nfc", true);
    }
  }

  // SentencePiece merges by the score of what comes out: the earlier the merge, the higher.
  void WriteMergeScores(GgufHeader& header) const {
    std::unordered_map<std::string, float> score_of;
    float rank = 0;
    for (const auto& [left, right] : pipeline_.merges) {
      score_of.emplace(Cat(left, right), -rank);
      rank += 1;
    }
    std::vector<float> scores;
    for (size_t id = 0; id < vocabulary_; ++id) {
      const auto found =
          id < spec_.tokens.size() ? score_of.find(std::string(spec_.tokens[id])) : score_of.end();
      scores.push_back(found == score_of.end() ? -rank - 1 : found->second);
    }
    header.SetFloats("tokenizer.ggml.scores", scores);
  }

  void WriteUnigram(GgufHeader& header) const {
    std::vector<float> scores(vocabulary_, 0);
    for (size_t id = 0; id < std::min(vocabulary_, spec_.scores.size()); ++id) {
      scores[id] = static_cast<float>(spec_.scores[id]);
    }
    header.SetFloats("tokenizer.ggml.scores", scores);
    header.SetBool("tokenizer.ggml.remove_extra_whitespaces", options_.collapse_spaces);
    for (const NormalizerStep& step : spec_.normalizer) {
      if (const auto* compiled = std::get_if<PrecompiledStep>(&step)) {
        header.Set(
            "tokenizer.ggml.precompiled_charsmap",
            GgufValue(GgufType::kUint8, compiled->charsmap.size(), AsBytes(compiled->charsmap)));
      }
    }
  }

  void WriteBert(GgufHeader& header) const {
    if (!pipeline_.before.empty()) SetId(header, "cls", pipeline_.before[0]);
    if (!pipeline_.after.empty()) {
      SetId(header, "seperator", pipeline_.after[0]);
      SetId(header, "eos", pipeline_.after[0]);
    }
    for (const NormalizerStep& step : spec_.normalizer) {
      const auto* bert = std::get_if<BertStep>(&step);
      if (bert == nullptr) continue;
      header.SetBool("tokenizer.ggml.normalizer.lowercase", bert->lowercase);
      header.SetBool("tokenizer.ggml.normalizer.strip_accents",
                     bert->strip_accents.value_or(bert->lowercase));
    }
  }

  const TokenizerSpec& spec_;
  const PipelineSpec& pipeline_;
  const size_t vocabulary_;
  Options options_;
};

// ---- Trials ---------------------------------------------------------------------------------

class Trials {
 public:
  explicit Trials(const Tokenizer& wanted) : wanted_(wanted) {
    for (const std::string_view probe : kProbes) texts_.emplace_back(probe);
    // What was added by hand, between words.
    std::string added;
    for (size_t id = 0, taken = 0; id < wanted.size() && taken < 64; ++id) {
      const TokenKind kind = wanted.Kind(static_cast<TokenId>(id));
      if (kind != TokenKind::kControl && kind != TokenKind::kUserDefined) continue;
      added += Cat("some", wanted.TokenText(static_cast<TokenId>(id)), "text ");
      ++taken;
    }
    if (!added.empty()) texts_.push_back(Cat(" ", added));
  }

  // Whether what the header says does the same: with all texts; or with those that neither begin
  // with a space nor have special tokens, behind which SentencePiece puts spaces in its own way.
  bool Agrees(const GgufHeader& header, bool exactly) const {
    auto bytes = EncodeGguf(header, {});
    if (!bytes) return false;
    const auto file = GgufFile::Open(MakeMemorySource(*std::move(bytes)));
    if (!file) return false;
    const auto tokenizer = TokenizerFromGguf(*file);
    if (!tokenizer) return false;
    return std::all_of(texts_.begin(), texts_.end(), [&](const std::string& text) {
      if (!exactly) return text.starts_with(' ') || Same(**tokenizer, text, {});
      return Same(**tokenizer, text, {}) && Same(**tokenizer, text, {.parse_special = true});
    });
  }

 private:
  bool Same(const Tokenizer& tokenizer, const std::string& text, EncodeOptions options) const {
    const auto got = tokenizer.Encode(text, options);
    const auto want = wanted_.Encode(text, options);
    return got && want && *got == *want;
  }

  const Tokenizer& wanted_;
  std::vector<std::string> texts_;
};

std::string ByteLevelSpelling(std::string_view bytes) {
  std::string spelled;
  EncodeByteLevel(bytes, spelled);
  return spelled;
}

// A tokenizer of bytes and pairs of bytes, which cuts as the one in question: a pair is a token
// only where no cut goes through it, so that the tokens tell the cuts.
class CutProbe {
 public:
  CutProbe() {
    for (int byte = 0; byte < 256; ++byte) {
      const char bytes[] = {static_cast<char>(byte)};
      tokens_.push_back(ByteLevelSpelling({bytes, 1}));
    }
    std::set<std::string> pairs;
    for (const std::string_view probe : kProbes) {
      for (size_t i = 0; i + 1 < probe.size(); ++i) pairs.emplace(probe.substr(i, 2));
    }
    for (const std::string& pair : pairs) {
      tokens_.push_back(ByteLevelSpelling(pair));
      merges_.push_back(
          Cat(ByteLevelSpelling(pair.substr(0, 1)), " ", ByteLevelSpelling(pair.substr(1))));
    }
  }

  // Empty where there is no such tokenizer.
  std::vector<std::vector<TokenId>> Cut(std::string_view pre) const {
    TokenizerSpec spec = Spec("gpt2");
    spec.pre = pre;
    return Encode(spec);
  }
  std::vector<std::vector<TokenId>> Cut(const std::vector<PieceStep>& pieces) const {
    TokenizerSpec spec = Spec("pipeline");
    spec.pipeline.emplace().pieces = pieces;
    return Encode(spec);
  }

 private:
  TokenizerSpec Spec(const char* model) const {
    TokenizerSpec spec;
    spec.model = model;
    spec.tokens.assign(tokens_.begin(), tokens_.end());
    spec.merges.assign(merges_.begin(), merges_.end());
    spec.add_bos = false;
    return spec;
  }
  static std::vector<std::vector<TokenId>> Encode(const TokenizerSpec& spec) {
    std::vector<std::vector<TokenId>> all;
    const auto tokenizer = Tokenizer::Create(spec);
    if (!tokenizer) return all;
    for (const std::string_view probe : kProbes) {
      all.push_back((*tokenizer)->Encode(probe).value_or(std::vector<TokenId>()));
    }
    return all;
  }

  std::deque<std::string> tokens_;
  std::deque<std::string> merges_;
};

// The likeliest first: those that cut in the same way, by the names that most models have; then
// those that do so but for some texts.
std::vector<Options> ByteLevelOptions(const PipelineSpec& pipeline) {
  constexpr std::string_view kCommon[] = {"gpt-2",  "llama-bpe", "qwen2",
                                          "smollm", "gpt-4o",    "deepseek-v3",
                                          "tekken", "falcon",    "starcoder"};
  constexpr size_t kMost = 6;
  std::vector<std::string_view> names(std::begin(kCommon), std::end(kCommon));
  for (const std::string_view name : PreTokenizer::Names()) names.push_back(name);
  const CutProbe probe;
  const auto wanted = probe.Cut(pipeline.pieces);
  std::vector<std::pair<size_t, std::string_view>> ranked;  // by how many texts differ
  for (const std::string_view name : names) {
    const auto found = PreTokenizer::Find(name);
    const auto cut = probe.Cut(name);
    if (!found || cut.size() != wanted.size()) continue;
    size_t differ = (*found)->whole_pieces_first == pipeline.ignore_merges ? 0 : 1;
    for (size_t i = 0; i < cut.size(); ++i) differ += cut[i] == wanted[i] ? 0 : 1;
    if (differ <= 3) ranked.emplace_back(differ, name);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Options> options;
  for (const auto& [differ, name] : ranked) {
    if (options.size() < kMost) options.push_back({.model = "gpt2", .pre = name});
  }
  return options;
}

std::vector<Options> OptionsFor(const PipelineSpec& pipeline) {
  if (pipeline.model == PieceModel::kWordPiece) return {{.model = "bert"}};
  if (pipeline.is_byte_level()) return ByteLevelOptions(pipeline);
  if (pipeline.model == PieceModel::kBytePairs) {
    return {{.model = "llama"}, {.model = "llama", .space_prefix = false}};
  }
  std::vector<Options> options;
  if (pipeline.model != PieceModel::kUnigram) return options;
  for (const bool prefix : {true, false}) {
    for (const bool collapse : {true, false}) {
      options.push_back({.model = "t5", .space_prefix = prefix, .collapse_spaces = collapse});
    }
  }
  return options;
}

}  // namespace

Status TokenizerToGguf(const TokenizerFiles& files, size_t vocabulary, GgufHeader& header) {
  const auto from = ReadTokenizerFiles(files);
  if (!from) return Fail(from.error());
  if (from->spec.tokens.size() > vocabulary) {
    return Fail(ErrorCode::kCorrupt, "tokenizer.json has ", from->spec.tokens.size(),
                " tokens, but the model ", vocabulary, " rows for them");
  }
  const auto wanted = Tokenizer::Create(from->spec);
  if (!wanted) return Fail(wanted.error());
  Fields fields(*from, vocabulary);
  if (!from->chat_template.empty()) {
    header.SetString("tokenizer.chat_template", from->chat_template);
  }
  const Trials trials(**wanted);
  const std::vector<Options> all = OptionsFor(*from->spec.pipeline);
  for (const bool exactly : {true, false}) {
    for (const Options& options : all) {
      GgufHeader trial;
      fields.Write(options, trial);
      if (!trials.Agrees(trial, exactly)) continue;
      fields.Write(options, header);
      if (!exactly) header.SetString(kWholeFile, files.tokenizer_json);
      return {};
    }
  }
  fields.Write({.model = "none"}, header);
  header.SetString(kWholeFile, files.tokenizer_json);
  return {};
}

}  // namespace ingle
