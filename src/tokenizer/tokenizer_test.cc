#include "tokenizer/tokenizer.h"

#include <gtest/gtest.h>

#include <ctime>
#include <limits>

#include "base/utf8.h"
#include "tokenizer/small_vocabularies.h"

namespace ingle {
namespace {

using Ids = std::vector<TokenId>;

std::unique_ptr<Tokenizer> Make(const TokenizerSpec& spec) {
  auto tokenizer = Tokenizer::Create(spec);
  EXPECT_TRUE(tokenizer) << tokenizer.error().message();
  return tokenizer ? *std::move(tokenizer) : nullptr;
}

// The spellings of the tokens of text.
std::vector<std::string> Spell(const Tokenizer& tokenizer, std::string_view text,
                               EncodeOptions options = {.add_special = false}) {
  std::vector<std::string> spelled;
  const auto ids = tokenizer.Encode(text, options);
  EXPECT_TRUE(ids);
  for (const TokenId id : *ids) spelled.emplace_back(tokenizer.TokenText(id));
  return spelled;
}

using Texts = std::vector<std::string>;

const EncodeOptions kPlain = {.add_special = false};
const EncodeOptions kParse = {.add_special = false, .parse_special = true};

TEST(ByteLevelBpeTest, MergesTheBestPairFirst) {
  const auto t = Make(SmallByteLevel().spec);
  EXPECT_EQ(Spell(*t, "the"), (Texts{"the"}));
  EXPECT_EQ(Spell(*t, " the thing"), (Texts{"Ġthe", "Ġ", "th", "ing"}));
  EXPECT_EQ(Spell(*t, "aaaaaaa"), (Texts{"aaaa", "aa", "a"}));
  EXPECT_EQ(Spell(*t, "é"), (Texts{"Ã©"}));
}

TEST(ByteLevelBpeTest, TakesAWholePieceOnlyWhereMergesLeadToItOrTheFamilySaysSo) {
  EXPECT_EQ(Spell(*Make(SmallByteLevel().spec), "hers"), (Texts{"h", "er", "s"}));
  EXPECT_EQ(Spell(*Make(SmallByteLevel("llama-bpe").spec), "hers"), (Texts{"hers"}));
  // The second time takes another way than the first.
  const auto t = Make(SmallByteLevel().spec);
  EXPECT_EQ(Spell(*t, "the the hers hers hers"), Spell(*t, "the the hers hers hers"));
}

TEST(ByteLevelBpeTest, KeepsAnyBytes) {
  for (const std::string_view pre : {"gpt-2", "llama-bpe", "gpt-4o", "deepseek-llm", "superbpe"}) {
    const auto t = Make(SmallByteLevel(pre).spec);
    std::string all;
    for (int i = 0; i < 1000; ++i) all += static_cast<char>(i * i * 31 + i / 7);
    for (const std::string& text :
         {all, std::string("\xC3"), std::string("a\xF0\x9F\x98 the\0b", 9)}) {
      const auto ids = t->Encode(text, kPlain);
      ASSERT_TRUE(ids);
      EXPECT_EQ(t->Decode(*ids), text) << pre;
    }
  }
}

TEST(ByteLevelBpeTest, NeverMakesControlTokensOfText) {
  SmallVocabulary v = SmallByteLevel();
  v.spec.kinds['x'] = TokenKind::kControl;
  v.spec.kinds[256] = TokenKind::kControl;  // "th", which is also in the way to "the"
  EXPECT_EQ(Spell(*Make(v.spec), "thex"), (Texts{"t", "h", "e"}));
}

TEST(ByteLevelBpeTest, LeavesOutBytesThatAreNoToken) {
  SmallVocabulary v;
  v.spec.model = "gpt2";
  v.Add("a");
  v.Add("b");
  v.Add("ab");
  v.AddMerge("a", "b");
  v.spec.scores.clear();
  const auto t = Make(v.spec);
  EXPECT_EQ(Spell(*t, "axb!"), (Texts{"ab"}));
  EXPECT_EQ(Spell(*t, "xyz"), Texts{});
}

TEST(ByteLevelBpeTest, DecodesTokensThatAreNotByteLevelAsTheyAre) {
  SmallVocabulary v = SmallByteLevel();
  const TokenId literal = v.Add("a b→", TokenKind::kNormal);
  const TokenId added = v.Add("Ġx y", TokenKind::kUserDefined);
  v.spec.scores.clear();
  const auto t = Make(v.spec);
  EXPECT_EQ(t->TokenBytes(literal), "a b→");
  EXPECT_EQ(t->TokenBytes(added), "Ġx y");
  EXPECT_EQ(t->TokenBytes(*t->FindToken("Ġthe")), " the");
}

TEST(SentencePieceTest, JoinsWhatScoresBest) {
  const auto t = Make(SmallSentencePiece().spec);
  EXPECT_EQ(Spell(*t, "the"), (Texts{"▁the"}));
  EXPECT_EQ(Spell(*t, "the thing in"), (Texts{"▁the", "▁t", "h", "ing", "▁in"}));
  EXPECT_EQ(Spell(*t, "     a"), (Texts{"▁▁▁▁", "▁▁", "a"}));
  EXPECT_EQ(Spell(*t, ""), Texts{});
  SmallVocabulary no_prefix = SmallSentencePiece();
  no_prefix.spec.add_space_prefix = false;
  EXPECT_EQ(Spell(*Make(no_prefix.spec), "the"), (Texts{"t", "he"}));
}

TEST(SentencePieceTest, FallsBackToBytesAndThenToUnknown) {
  EXPECT_EQ(Spell(*Make(SmallSentencePiece().spec),
                  "aß\xFF"
                  "a"),
            (Texts{"▁a", "<0xC3>", "<0x9F>", "<0xFF>", "a"}));
  SmallVocabulary v;
  v.spec.model = "llama";
  v.Add("<unk>", TokenKind::kUnknown);
  v.Add("▁");
  v.Add("a");
  EXPECT_EQ(Spell(*Make(v.spec), "aßß xa"), (Texts{"▁", "a", "<unk>", "▁", "<unk>", "a"}));
  v.spec.kinds[0] = TokenKind::kControl;
  EXPECT_EQ(Spell(*Make(v.spec), "aß"), (Texts{"▁", "a"}));
}

TEST(SentencePieceTest, NeverMakesControlTokensOfText) {
  SmallVocabulary v = SmallSentencePiece();
  v.Add("<s", TokenKind::kNormal, -50);
  const auto t = Make(v.spec);
  EXPECT_EQ(Spell(*t, "a<s>"), (Texts{"▁a", "<s", ">"}));
}

TEST(SentencePieceTest, RoundTrips) {
  const auto t = Make(SmallSentencePiece().spec);
  for (const std::string_view text : {"the  in ", " a", "", "   ", "ßé\xFF\xC3", "a\nb\tthe"}) {
    EXPECT_EQ(t->Decode(*t->Encode(text)), text);
  }
  const Ids ids = *t->Encode("the", kPlain);
  EXPECT_EQ(t->Decode(ids, {.continues_text = true}), " the");
}

TEST(TokenizerTest, AddsBosAndEosAsTheFileSays) {
  SmallVocabulary v = SmallByteLevel();
  const TokenId bos = *v.spec.bos;
  const TokenId eos = *v.spec.eos;
  EXPECT_EQ(*Make(v.spec)->Encode("a"), (Ids{'a'}));
  v.spec.pre = "llama-bpe";
  EXPECT_EQ(*Make(v.spec)->Encode("a"), (Ids{bos, 'a'}));
  EXPECT_TRUE(Make(v.spec)->adds_bos());
  v.spec.add_bos = false;
  v.spec.add_eos = true;
  EXPECT_EQ(*Make(v.spec)->Encode("a"), (Ids{'a', eos}));
  EXPECT_EQ(*Make(v.spec)->Encode(""), (Ids{eos}));
  EXPECT_EQ(*Make(v.spec)->Encode("a", kPlain), (Ids{'a'}));
}

TEST(TokenizerTest, FindsSpecialTokensLongestFirst) {
  const auto t = Make(SmallByteLevel().spec);
  EXPECT_EQ(Spell(*t, "a<tool> callb<tool>", kPlain), (Texts{"a", "<tool> call", "b", "<tool>"}));
  EXPECT_EQ(Spell(*t, "<|im|><|im_end|>a", kParse), (Texts{"<|im|>", "<|im_end|>", "a"}));
  EXPECT_EQ(Spell(*t, "<|im_en<|im|", kParse).size(), 12u);
  EXPECT_EQ(Spell(*t, "<|im|>", kPlain).size(), 6u);
}

TEST(TokenizerTest, StripsWhiteSpaceAfterTokensThatTakeIt) {
  SmallVocabulary v = SmallByteLevel();
  v.spec.strip_after = {*v.spec.eos};
  const auto t = Make(v.spec);
  EXPECT_EQ(Spell(*t, "a <|im_end|> \n\u00A0 b", kParse), (Texts{"a", "Ġ", "<|im_end|>", "b"}));
  EXPECT_EQ(Spell(*t, "<|im_end|>  ", kParse), (Texts{"<|im_end|>"}));
}

TEST(TokenizerTest, RendersSpecialTokensOnlyWhenAsked) {
  const auto t = Make(SmallByteLevel().spec);
  const Ids ids = *t->Encode("<|im_start|>a<tool>b<|im_end|>", kParse);
  EXPECT_EQ(t->Decode(ids), "a<tool>b");
  EXPECT_EQ(t->Decode(ids, {.render_special = true}), "<|im_start|>a<tool>b<|im_end|>");
}

TEST(TokenizerTest, KnowsEndsOfGenerationByIdAndByName) {
  SmallVocabulary v = SmallByteLevel();
  v.spec.eos.reset();
  v.spec.eot = v.Add("<stop>", TokenKind::kControl);
  const TokenId end = v.Add("<|end|>", TokenKind::kControl);
  const TokenId html = v.Add("</s>", TokenKind::kNormal);
  v.spec.scores.clear();
  const auto t = Make(v.spec);
  EXPECT_TRUE(t->IsEndOfGeneration(*v.spec.eot));
  EXPECT_TRUE(t->IsEndOfGeneration(*t->FindToken("<|im_end|>")));
  EXPECT_TRUE(t->IsEndOfGeneration(end));
  EXPECT_FALSE(t->IsEndOfGeneration(html));
  EXPECT_FALSE(t->IsEndOfGeneration('a'));
  EXPECT_FALSE(t->IsEndOfGeneration(-1));

  v.Add("<|return|>", TokenKind::kControl);
  v.Add("<|call|>", TokenKind::kControl);
  v.spec.scores.clear();
  EXPECT_FALSE(Make(v.spec)->IsEndOfGeneration(end));
}

TEST(TokenizerTest, ToleratesIdsOutsideTheVocabulary) {
  const auto t = Make(SmallByteLevel().spec);
  constexpr TokenId kHuge = std::numeric_limits<TokenId>::max();
  const auto past = static_cast<TokenId>(t->size());
  EXPECT_EQ(t->Decode(Ids{'a', -1, past, kHuge, std::numeric_limits<TokenId>::min(), 'b'}), "ab");
  EXPECT_EQ(t->TokenText(past), "");
  EXPECT_EQ(t->TokenBytes(-1), "");
  EXPECT_EQ(t->Kind(kHuge), TokenKind::kUnused);
  EXPECT_FALSE(t->FindToken("nothing like it"));
  EXPECT_FALSE(t->FindToken(""));
}

// What a file gets wrong, and the words that the message must have.
struct BadSpec {
  const char* words;
  ErrorCode code;
  void (*spoil)(SmallVocabulary& byte_level, SmallVocabulary& sentence_piece);
};

const BadSpec kBadSpecs[] = {
    {"tokenizer.ggml.model is 'rwkv'", ErrorCode::kUnsupported,
     [](auto& b, auto&) { b.spec.model = "rwkv"; }},
    {"tokenizer.ggml.pre is 'nonsense'", ErrorCode::kUnsupported,
     [](auto& b, auto&) { b.spec.pre = "nonsense"; }},
    {"tokenizer.ggml.tokens is empty", ErrorCode::kCorrupt,
     [](auto& b, auto&) { b.spec.tokens.clear(); }},
    {"tokenizer.ggml.scores has 1 entries", ErrorCode::kCorrupt,
     [](auto& b, auto&) { b.spec.scores.assign(1, 0); }},
    {"tokenizer.ggml.token_type has 3 entries", ErrorCode::kCorrupt,
     [](auto& b, auto&) { b.spec.kinds.resize(3); }},
    {"tokenizer.ggml.tokens has 'th' twice, as 256", ErrorCode::kCorrupt,
     [](auto& b, auto&) {
       b.Add("th");
       b.spec.scores.clear();
     }},
    {"tokenizer.ggml.bos_token_id is 100000, but there are", ErrorCode::kCorrupt,
     [](auto& b, auto&) { b.spec.bos = 100000; }},
    {"tokenizer.ggml.eot_token_id is -1", ErrorCode::kCorrupt,
     [](auto& b, auto&) { b.spec.eot = -1; }},
    {"add_bos_token is true, but there is no tokenizer.ggml.bos_token_id", ErrorCode::kCorrupt,
     [](auto& b, auto&) {
       b.spec.bos.reset();
       b.spec.add_bos = true;
     }},
    {"tokenizer.ggml.merges[14], 'x', is not two pieces", ErrorCode::kCorrupt,
     [](auto& b, auto&) { b.spec.merges.push_back("x"); }},
    {"tokenizer.ggml.merges[14], '', is not two pieces", ErrorCode::kCorrupt,
     [](auto& b, auto&) { b.spec.merges.push_back(""); }},
    {"tokenizer.ggml.merges[14], 'x ', is not spelled", ErrorCode::kCorrupt,
     [](auto& b, auto&) { b.spec.merges.push_back("x "); }},
    {"tokenizer.ggml.merges[14], ' x y', is not spelled", ErrorCode::kCorrupt,
     [](auto& b, auto&) { b.spec.merges.push_back(" x y"); }},
    {"tokenizer.ggml.merges[14], 'x y', names a piece or makes one", ErrorCode::kCorrupt,
     [](auto& b, auto&) { b.spec.merges.push_back("x y"); }},
    {"is a special token of 2000 bytes", ErrorCode::kUnsupported,
     [](auto& b, auto&) {
       b.Add(std::string(2000, 'x'), TokenKind::kControl);
       b.spec.scores.clear();
     }},
    {"tokenizer.ggml.scores is missing", ErrorCode::kCorrupt,
     [](auto& b, auto& s) {
       b = std::move(s);
       b.spec.scores.clear();
     }},
    {"tokenizer.ggml.scores[7] is not a number", ErrorCode::kCorrupt,
     [](auto& b, auto& s) {
       b = std::move(s);
       b.spec.scores[7] = std::numeric_limits<float>::quiet_NaN();
     }},
    {"is '<0x-1>', but tokenizer.ggml.token_type says that it is a byte", ErrorCode::kCorrupt,
     [](auto& b, auto& s) {
       b = std::move(s);
       b.Add("<0x-1>", TokenKind::kByte);
     }},
    {"is '<0xZZ>', but", ErrorCode::kCorrupt,
     [](auto& b, auto& s) {
       b = std::move(s);
       b.Add("<0xZZ>", TokenKind::kByte);
     }},
    {"is '<0x', but", ErrorCode::kCorrupt,
     [](auto& b, auto& s) {
       b = std::move(s);
       b.Add("<0x", TokenKind::kByte);
     }},
};

TEST(TokenizerTest, RefusesSpecsThatContradictThemselves) {
  for (const BadSpec& bad : kBadSpecs) {
    SmallVocabulary byte_level = SmallByteLevel();
    SmallVocabulary sentence_piece = SmallSentencePiece();
    bad.spoil(byte_level, sentence_piece);
    const auto t = Tokenizer::Create(byte_level.spec);
    ASSERT_FALSE(t) << bad.words;
    EXPECT_EQ(t.error().code(), bad.code) << bad.words;
    EXPECT_NE(t.error().message().find(bad.words), std::string::npos) << t.error().message();
  }
}

TEST(TokenizerTest, ToleratesWhatRealFilesHave) {
  SmallVocabulary v = SmallByteLevel();
  v.Add("");  // empty tokens, even two
  v.Add("");
  v.AddMerge("t", "h");  // a merge twice
  v.spec.scores.clear();
  v.spec.pre.clear();
  EXPECT_EQ(Spell(*Make(v.spec), "the"), (Texts{"the"}));
  SmallVocabulary s = SmallSentencePiece();
  s.spec.kinds.clear();  // no kinds: bytes are known by their spelling
  EXPECT_EQ(Spell(*Make(s.spec), "ß"), (Texts{"▁", "<0xC3>", "<0x9F>"}));
}

// A long run of one thing is one piece: anything quadratic would take many minutes.
TEST(TokenizerTest, IsNearLinearInTheLengthOfTheText) {
  std::string longs[] = {"a", " ", "the", "in ", "\xFF", "\n", "é", "<|im_", "<tool", "12", "aaab"};
  const std::unique_ptr<Tokenizer> tokenizers[] = {Make(SmallByteLevel().spec),
                                                   Make(SmallByteLevel("superbpe").spec),
                                                   Make(SmallSentencePiece().spec)};
  for (const std::string& unit : longs) {
    std::string text;
    while (text.size() < (1u << 17)) text += unit;
    for (const auto& t : tokenizers) {
      const std::clock_t start = std::clock();
      const auto ids = t->Encode(text, kParse);
      EXPECT_LT(std::clock() - start, 40 * CLOCKS_PER_SEC) << Quote(unit);
      EXPECT_EQ(t->Decode(*ids), text);
    }
  }
}

TEST(StreamDecoderTest, NeverEmitsHalfACharacter) {
  const auto t = Make(SmallByteLevel().spec);
  const std::string text = "a é→😀 the\n";
  StreamDecoder decoder(*t);
  std::string streamed;
  for (const char c : text) {  // a byte is a token
    const std::string more = decoder.Push(static_cast<unsigned char>(c));
    EXPECT_TRUE(IsValidUtf8(more));
    streamed += more;
  }
  EXPECT_EQ(streamed, text);
  EXPECT_EQ(decoder.Finish(), "");
}

TEST(StreamDecoderTest, ReplacesWhatCannotBecomeACharacter) {
  const auto t = Make(SmallByteLevel().spec);
  StreamDecoder decoder(*t);
  EXPECT_EQ(decoder.Push(0xF0), "");
  EXPECT_EQ(decoder.Push(0x9F), "");
  EXPECT_EQ(decoder.Push('a'),
            "\uFFFD"
            "a");
  EXPECT_EQ(decoder.Push(0xFF), "\uFFFD");
  EXPECT_EQ(decoder.Push(0xE2), "");
  EXPECT_EQ(decoder.Push(*t->FindToken("<|im_end|>")), "");
  EXPECT_EQ(decoder.Push(-5), "");
  EXPECT_EQ(decoder.Finish(), "\uFFFD");
  EXPECT_EQ(decoder.Finish(), "");
  EXPECT_EQ(decoder.Push('b'), "b");
}

TEST(StreamDecoderTest, TakesTheFirstSpaceAwayOnlyAtTheStartOfAText) {
  const auto t = Make(SmallSentencePiece().spec);
  const Ids ids = *t->Encode("the the", kPlain);
  StreamDecoder start(*t);
  EXPECT_EQ(start.Push(ids[0]), "the");
  EXPECT_EQ(start.Push(ids[1]), " the");
  StreamDecoder within(*t, {.continues_text = true});
  EXPECT_EQ(within.Push(ids[0]), " the");
  EXPECT_EQ(within.Push(ids[1]), " the");
}

}  // namespace
}  // namespace ingle
