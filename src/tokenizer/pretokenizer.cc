#include "tokenizer/pretokenizer.h"

namespace ingle {
namespace {

using Contractions = WordGrammar::Contractions;
using Newlines = WordGrammar::Newlines;
using Space = WordGrammar::Space;
using Tail = WordGrammar::Tail;
using WordRule = WordGrammar::Words;

constexpr CharSet kBeforeWord = kMarks | kSpace | kBlank;  // [^\r\n\p{L}\p{N}]

constexpr WordGrammar kGpt2Words = {
    .contractions = Contractions::kLowerCase,
    .number_length = kUnlimited,
    .space_before_number = true,
};

// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*
// |\s*[\r\n]+|\s+(?!\S)|\s+
constexpr WordGrammar kLlama3Words = {
    .contractions = Contractions::kAnyCase,
    .word_prefix = kBeforeWord,
    .number_length = 3,
    .tail = Tail::kNewlines,
    .newlines = Newlines::kWithSpace,
};

constexpr WordGrammar With(WordGrammar grammar, auto change) {
  change(grammar);
  return grammar;
}

constexpr WordGrammar kQwen2Words = With(kLlama3Words, [](auto& g) { g.number_length = 1; });
constexpr WordGrammar kQwen35Words = With(kQwen2Words, [](auto& g) {
  g.letters = kLetter | kMark;
  g.punctuation = kPunctuation | kSymbol | kOther;
});
constexpr WordGrammar kUfakzekaWords =
    With(kQwen2Words, [](auto& g) { g.contractions = Contractions::kNone; });
constexpr WordGrammar kSeedCoderWords = With(kQwen2Words, [](auto& g) { g.tail = Tail::kNone; });
constexpr WordGrammar kMiniCpm5Words =
    With(kLlama3Words, [](auto& g) { g.number_length = kUnlimited; });
constexpr WordGrammar kJais2Words =
    With(kLlama3Words, [](auto& g) { g.space = Space::kPowersOfTwo; });
constexpr WordGrammar kExaoneMoeWords = With(kQwen2Words, [](auto& g) {
  g.words = WordRule::kAcrossSpaces;
  g.tail = Tail::kOneNewlineOrSlash;
});

// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|...)?
// |[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|...)?
// |\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
constexpr WordGrammar kO200kWords = {
    .contractions = Contractions::kEndOfWord,
    .words = WordRule::kByCase,
    .word_prefix = kBeforeWord,
    .number_length = 3,
    .tail = Tail::kNewlinesAndSlashes,
    .newlines = Newlines::kWithSpace,
};
constexpr WordGrammar kYoutuWords = With(kO200kWords, [](auto& g) { g.number_length = 1; });
constexpr WordGrammar kTekkenWords =
    With(kYoutuWords, [](auto& g) { g.contractions = Contractions::kNone; });
constexpr WordGrammar kKimiK2Words = With(kO200kWords, [](auto& g) {
  g.han_runs = true;
  g.tail = Tail::kNewlines;
});

// [!-/:-@\[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*
// |\s*[\r\n]+|\s+(?!\S)|\s+
constexpr WordGrammar kDeepSeek3Words = {
    .punctuated_words = true,
    .word_prefix = kNumber | kMark | kOther | kSpace | kBlank,
    .letters = kLetter | kMark,
    .number_length = 0,
    .punctuation = kPunctuation | kSymbol,
    .tail = Tail::kNewlines,
    .newlines = Newlines::kWithSpace,
};
constexpr WordGrammar kSpark25Words = With(kDeepSeek3Words, [](auto& g) {
  g.tail = Tail::kNone;
  g.newlines = Newlines::kOne;
});

constexpr Splitter kEachNumber = Runs<IsNumber, 1>;    // \p{N}
constexpr Splitter kNumberThrees = Runs<IsNumber, 3>;  // \p{N}{1,3}
constexpr Splitter kNumbers = Runs<IsNumber>;          // \p{N}+
constexpr Splitter kEachNewline = Runs<IsNewline, 1>;  // [\r\n]
constexpr Splitter kChineseOrKana = Runs<IsChineseOrKana>;

constexpr Splitter kDefault[] = {Runs<IsDefaultPunctuation>, Words<kGpt2Words>, kNumbers,
                                 AsciiDigitTriples};
constexpr Splitter kGpt2[] = {Words<kGpt2Words>};
constexpr Splitter kGpt2Digits[] = {kEachNumber, Words<kGpt2Words>};
constexpr Splitter kFalcon[] = {Runs<IsAnyPunctuation>, Words<kGpt2Words>, AsciiDigitTriples};
constexpr Splitter kLlama3[] = {Words<kLlama3Words>};
constexpr Splitter kJais2[] = {Words<kJais2Words>};
constexpr Splitter kMiniCpm5[] = {kNumberThrees, Words<kMiniCpm5Words>};
constexpr Splitter kQwen2[] = {Words<kQwen2Words>};
constexpr Splitter kQwen35[] = {Words<kQwen35Words>};
constexpr Splitter kUfakzeka[] = {Words<kUfakzekaWords>};
constexpr Splitter kSeedCoder[] = {Words<kSeedCoderWords>};
constexpr Splitter kLaguna[] = {Runs<IsLineFeed>, Words<kQwen2Words>};
constexpr Splitter kExaoneMoe[] = {Words<kExaoneMoeWords>};
constexpr Splitter kDeepSeekLlm[] = {
    kEachNewline,  RunsAfterSpace<IsDeepSeekLetter>, RunsAfterSpace<IsDeepSeekPunctuation>,
    TrailingSpace, Runs<IsDeepSeekCaseless>,         kNumbers};
constexpr Splitter kDeepSeekCoder[] = {kEachNewline, RunsAfterSpace<IsLetter>,
                                       RunsAfterSpace<IsPunctuation>, Runs<IsDeepSeekCaseless>,
                                       kEachNumber};
constexpr Splitter kDeepSeek3[] = {kNumberThrees, kChineseOrKana, Words<kDeepSeek3Words>};
constexpr Splitter kSpark25[] = {kNumberThrees, kChineseOrKana, Words<kSpark25Words>, kEachNumber};
constexpr Splitter kAfmoe[] = {ThreesFromRight<kNumber, RunBorders::kCut>, Runs<IsAfmoeAsian>,
                               Words<kDeepSeek3Words>};
constexpr Splitter kO200k[] = {Words<kO200kWords>};
constexpr Splitter kTinyAya[] = {ThreesFromRight<kDigit, RunBorders::kCutAtWordEnd>,
                                 Words<kO200kWords>};
constexpr Splitter kTekken[] = {Words<kTekkenWords>};
constexpr Splitter kKimiK2[] = {Words<kKimiK2Words>};
constexpr Splitter kYoutu[] = {Classes<YoutuClass>, Words<kYoutuWords>};
constexpr Splitter kBloom[] = {BloomWords};
constexpr Splitter kViking[] = {BloomWords, kEachNumber};
constexpr Splitter kChameleon[] = {ChameleonTokens, ChameleonImages,           ChameleonSpace,
                                   kEachNumber,     Runs<IsAnyPunctuation, 1>, Words<kGpt2Words>};
constexpr Splitter kSuperBpe[] = {kNumbers, ThreesFromRight<kDigit, RunBorders::kKeep>};

struct Named {
  std::string_view name;
  PreTokenizer pre_tokenizer;
};

// What tokenizer.ggml.pre says, as llama.cpp's converter writes it. Where llama.cpp approximates
// the expression of a model's own tokenizer, the original is what the stages do.
constexpr Named kPreTokenizers[] = {
    {"default", {kDefault}},
    {"gpt-2", {kGpt2}},
    {"a.x-4.0", {kGpt2}},
    {"exaone4", {kGpt2}},
    {"gigachat", {kGpt2}},
    {"granite-docling", {kGpt2}},
    {"jais", {kGpt2}},
    {"jina-de", {kGpt2}},
    {"jina-es", {kGpt2}},
    {"jina-v1-en", {kGpt2}},
    {"jina-v2-code", {kGpt2}},
    {"jina-v2-de", {kGpt2}},
    {"jina-v2-es", {kGpt2}},
    {"mellum", {kGpt2}},
    {"modern-bert", {kGpt2}},
    {"mpt", {kGpt2}},
    {"olmo", {kGpt2}},
    {"phi-2", {kGpt2}},
    {"roberta-bpe", {kGpt2}},
    {"trillion", {kGpt2}},
    {"codeshell", {kGpt2Digits}},
    {"command-r", {kGpt2Digits}},
    {"exaone", {kGpt2Digits}},
    {"mellum2", {kGpt2Digits}},
    {"minerva-7b", {kGpt2Digits}},
    {"refact", {kGpt2Digits}},
    {"smollm", {kGpt2Digits}},
    {"starcoder", {kGpt2Digits}},
    {"falcon", {kFalcon}},
    {"chatglm-bpe", {kLlama3}},
    {"dbrx", {kLlama3}},
    {"glm4", {kLlama3}},
    {"smaug-bpe", {kLlama3}},
    {"falcon-h1", {kLlama3, true, true}},
    {"falcon3", {kLlama3, true, true}},
    {"jina-v5-nano", {kLlama3, true, true}},
    {"lfm2", {kLlama3, true, true}},
    {"llama-bpe", {kLlama3, true, true}},
    {"llama-v3", {kLlama3, true, true}},
    {"llama3", {kLlama3, true, true}},
    {"midm-2.0", {kLlama3, true, true}},
    {"pixtral", {kLlama3, true, true}},
    {"jais-2", {kJais2}},
    {"minicpm5", {kMiniCpm5, true}},
    {"deepseek-r1-qwen", {kQwen2}},
    {"f2llmv2", {kQwen2}},
    {"grok-2", {kQwen2}},
    {"hunyuan", {kQwen2}},
    {"kormo", {kQwen2}},
    {"megrez", {kQwen2}},
    {"qwen2", {kQwen2}},
    {"solar-open", {kQwen2}},
    {"stablelm2", {kQwen2}},
    {"bailingmoe", {kQwen2}},
    {"bailingmoe2", {kQwen2}},
    {"llada-moe", {kQwen2}},
    {"qwen35", {kQwen35}},
    {"ufakzeka", {kUfakzeka}},
    {"seed-coder", {kSeedCoder}},
    {"laguna", {kLaguna}},
    {"exaone-moe", {kExaoneMoe}},
    {"deepseek-llm", {kDeepSeekLlm}},
    {"deepseek-coder", {kDeepSeekCoder}},
    {"deepseek-v3", {kDeepSeek3}},
    {"hunyuan-dense", {kDeepSeek3}},
    {"hy_v4", {kDeepSeek3}},
    {"joyai-llm", {kDeepSeek3}},
    {"spark2_5", {kSpark25}},
    {"afmoe", {kAfmoe}},
    {"gpt-4o", {kO200k}},
    {"kanana2", {kO200k}},
    {"llama4", {kO200k}},
    {"minimax-m2", {kO200k}},
    {"talkie", {kO200k}},
    {"granite-embed-multi-97m", {kO200k, true}},
    {"cohere2moe", {kTinyAya}},
    {"tiny_aya", {kTinyAya}},
    {"tekken", {kTekken, true, true}},
    {"kimi-k2", {kKimiK2}},
    {"youtu", {kYoutu, true}},
    {"bloom", {kBloom}},
    {"gpt3-finnish", {kBloom}},
    {"poro-chat", {kBloom}},
    {"viking", {kViking}},
    {"chameleon", {kChameleon, false, true}},
    {"superbpe", {kSuperBpe}},
};

// Behind each name the expressions in use are spelled in one way or a few.
struct KnownExpression {
  std::string_view expression;
  Splitter splitter;
};
#define INGLE_ANY_CASE "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define INGLE_SPACES "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define INGLE_UPPER "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define INGLE_LOWER "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
#define INGLE_PREFIX "[^\\r\\n\\p{L}\\p{N}]?"
constexpr KnownExpression kKnownExpressions[] = {
    {"'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
     Words<kGpt2Words>},
    {INGLE_ANY_CASE "|" INGLE_PREFIX
                    "\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*" INGLE_SPACES,
     Words<kLlama3Words>},
    {INGLE_ANY_CASE "|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*"
                    "|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+",
     Words<kLlama3Words>},
    {INGLE_ANY_CASE "|[^\\r\\n\\p{L}\\p{N}]?(?:\\p{L}\\p{M}*(?: \\p{L}\\p{M}*)*)+|\\p{N}"
                    "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]?|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+",
     Words<kExaoneMoeWords>},
    {INGLE_ANY_CASE "|" INGLE_PREFIX "\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*" INGLE_SPACES,
     Words<kQwen2Words>},
    {INGLE_ANY_CASE "|" INGLE_PREFIX
                    "[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*" INGLE_SPACES,
     Words<kQwen35Words>},
    {INGLE_PREFIX INGLE_UPPER "*" INGLE_LOWER "+" INGLE_ANY_CASE "?|" INGLE_PREFIX INGLE_UPPER
                              "+" INGLE_LOWER "*" INGLE_ANY_CASE
                              "?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*" INGLE_SPACES,
     Words<kO200kWords>},
    {INGLE_PREFIX INGLE_UPPER "*" INGLE_LOWER "+|" INGLE_PREFIX INGLE_UPPER "+" INGLE_LOWER
                              "*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*" INGLE_SPACES,
     Words<kTekkenWords>},
    {"[!\"#$%&'()*+,\\-./"
     ":;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
     "| ?[\\p{P}\\p{S}]+[\\r\\n]*" INGLE_SPACES,
     Words<kDeepSeek3Words>},
};
#undef INGLE_ANY_CASE
#undef INGLE_SPACES
#undef INGLE_UPPER
#undef INGLE_LOWER
#undef INGLE_PREFIX

}  // namespace

Splitter FindSplitter(std::string_view expression) {
  for (const KnownExpression& row : kKnownExpressions) {
    if (row.expression == expression) return row.splitter;
  }
  return nullptr;
}

const PreTokenizer& PreTokenizer::None(bool whole_pieces_first) {
  static constexpr PreTokenizer kMerging{{}, false};
  static constexpr PreTokenizer kWhole{{}, true};
  return whole_pieces_first ? kWhole : kMerging;
}

std::vector<uint32_t> PreTokenizer::Split(std::string_view text) const {
  std::vector<uint32_t> ends;
  std::vector<uint32_t> previous;
  if (!text.empty()) previous.push_back(static_cast<uint32_t>(text.size()));
  for (const Splitter splitter : stages) {
    ends.clear();
    uint32_t begin = 0;
    for (const uint32_t end : previous) {
      Cuts cuts(ends, begin);
      splitter(text.substr(begin, end - begin), cuts);
      begin = end;
    }
    ends.swap(previous);
  }
  return previous;
}

Result<const PreTokenizer*> PreTokenizer::Find(std::string_view name) {
  for (const Named& row : kPreTokenizers) {
    if (row.name == name) return &row.pre_tokenizer;
  }
  return Fail(ErrorCode::kUnsupported, "tokenizer.ggml.pre is ", Quote(name),
              ", a pre-tokenizer that this version does not know");
}

std::vector<std::string_view> PreTokenizer::Names() {
  std::vector<std::string_view> names;
  for (const Named& row : kPreTokenizers) names.push_back(row.name);
  return names;
}

}  // namespace ingle
