#include "engine/tokenizer_from_gguf.h"

#include <algorithm>
#include <limits>
#include <string>

#include "tokenizer/huggingface/tokenizer_json.h"

namespace ingle {
namespace {

// GGUF counts the kinds of tokens from 1.
constexpr int64_t kFirstKind = 1;
constexpr int64_t kLastKind = 6;

// A file without a tokenizer serves ids.
constexpr std::string_view kNone = "none";

Status ReadKinds(const GgufFile& file, TokenizerSpec& spec) {
  constexpr std::string_view kKey = "tokenizer.ggml.token_type";
  if (!file.Has(kKey)) return {};
  const auto numbers = file.Ints(kKey);
  if (!numbers) return Fail(numbers.error());
  spec.kinds.reserve(numbers->size());
  for (const int64_t number : *numbers) {
    if (number < kFirstKind || number > kLastKind) {
      return Fail(ErrorCode::kCorrupt, file.name(), ": ", kKey, "[", spec.kinds.size(), "] is ",
                  number, "; kinds are ", kFirstKind, " to ", kLastKind);
    }
    spec.kinds.push_back(static_cast<TokenKind>(number - kFirstKind));
  }
  return {};
}

Status ReadArrays(const GgufFile& file, TokenizerSpec& spec) {
  auto tokens = file.Strings("tokenizer.ggml.tokens");
  if (!tokens) return Fail(tokens.error());
  spec.tokens = *std::move(tokens);
  if (file.Has("tokenizer.ggml.scores")) {
    const auto scores = file.Floats("tokenizer.ggml.scores");
    if (!scores) return Fail(scores.error());
    spec.scores.assign(scores->begin(), scores->end());
  }
  if (file.Has("tokenizer.ggml.merges")) {
    auto merges = file.Strings("tokenizer.ggml.merges");
    if (!merges) return Fail(merges.error());
    spec.merges = *std::move(merges);
  }
  return ReadKinds(file, spec);
}

// Leaves id as it is where the file has no such field.
Status ReadId(const GgufFile& file, std::string_view key, std::optional<TokenId>& id,
              const TokenizerSpec& spec) {
  if (!file.Has(key)) return {};
  const auto number = file.Uint(key);
  if (!number) return Fail(number.error());
  // Tokenizer::Create holds it against the vocabulary; here it only has to fit.
  if (*number > static_cast<uint64_t>(std::numeric_limits<TokenId>::max())) {
    return Fail(ErrorCode::kCorrupt, file.name(), ": ", key, " is ", *number, ", but there are ",
                spec.tokens.size(), " tokens");
  }
  id = static_cast<TokenId>(*number);
  return {};
}

Status ReadIds(const GgufFile& file, TokenizerSpec& spec) {
  const std::pair<std::string_view, std::optional<TokenId>*> ids[] = {
      {"tokenizer.ggml.bos_token_id", &spec.bos},
      {"tokenizer.ggml.eos_token_id", &spec.eos},
      {"tokenizer.ggml.eot_token_id", &spec.eot},
      {"tokenizer.ggml.eom_token_id", &spec.eom},
      {"tokenizer.ggml.unknown_token_id", &spec.unknown},
  };
  for (const auto& [key, id] : ids) {
    if (auto status = ReadId(file, key, *id, spec); !status) return status;
  }
  return {};
}

Status ReadFlag(const GgufFile& file, std::string_view key, std::optional<bool>& flag) {
  if (!file.Has(key)) return {};
  const auto value = file.Bool(key);
  if (!value) return Fail(value.error());
  flag = *value;
  return {};
}

Status ReadFlags(const GgufFile& file, TokenizerSpec& spec) {
  const std::pair<std::string_view, std::optional<bool>*> flags[] = {
      {"tokenizer.ggml.add_bos_token", &spec.add_bos},
      {"tokenizer.ggml.add_eos_token", &spec.add_eos},
      {"tokenizer.ggml.add_space_prefix", &spec.add_space_prefix},
  };
  for (const auto& [key, flag] : flags) {
    if (auto status = ReadFlag(file, key, *flag); !status) return status;
  }
  return {};
}

// BERT's files say nothing of its prefixes, and call [CLS] and [SEP] by these names.
Status ReadBert(const GgufFile& file, TokenizerSpec& spec) {
  spec.word_prefix = "\xE2\x96\x81";  // U+2581
  spec.continuing_prefix = "";
  if (auto status = ReadId(file, "tokenizer.ggml.cls_token_id", spec.bos, spec); !status) {
    return status;
  }
  if (auto status = ReadId(file, "tokenizer.ggml.seperator_token_id", spec.eos, spec); !status) {
    return status;
  }
  if (!spec.add_bos) spec.add_bos = spec.bos.has_value();
  if (!spec.add_eos) spec.add_eos = spec.eos.has_value();

  BertStep step;
  std::optional<bool> lowercase;
  const std::pair<std::string_view, std::optional<bool>*> flags[] = {
      {"tokenizer.ggml.normalizer.lowercase", &lowercase},
      {"tokenizer.ggml.normalizer.strip_accents", &step.strip_accents},
  };
  for (const auto& [key, flag] : flags) {
    if (auto status = ReadFlag(file, key, *flag); !status) return status;
  }
  step.lowercase = lowercase.value_or(true);
  spec.normalizer.emplace_back(step);
  return {};
}

// SentencePiece's normalizer in front of a unigram model, as `tokenizers` puts it.
Status ReadUnigram(const GgufFile& file, TokenizerSpec& spec) {
  constexpr std::string_view kCharsmap = "tokenizer.ggml.precompiled_charsmap";
  if (file.Has(kCharsmap)) {
    const auto bytes = file.Ints(kCharsmap);
    if (!bytes) return Fail(bytes.error());
    PrecompiledStep step;
    for (const int64_t byte : *bytes) step.charsmap += static_cast<char>(byte);
    if (!step.charsmap.empty()) spec.normalizer.emplace_back(std::move(step));
  }
  const auto suffix = file.BoolOr("tokenizer.ggml.treat_whitespace_as_suffix", false);
  if (!suffix) return Fail(suffix.error());
  if (*suffix) {
    return Fail(ErrorCode::kUnsupported, file.name(),
                ": tokenizer.ggml.treat_whitespace_as_suffix is true; this version takes white "
                "space only as a prefix");
  }
  const auto collapse = file.BoolOr("tokenizer.ggml.remove_extra_whitespaces", true);
  if (!collapse) return Fail(collapse.error());
  if (*collapse) {
    spec.normalizer.emplace_back(StripStep{.left = false});
    spec.normalizer.emplace_back(ReplaceStep{" {2,}", true, " "});
  }
  if (!spec.add_eos) spec.add_eos = spec.eos.has_value();
  return {};
}

Status ReadAlgorithm(const GgufFile& file, TokenizerSpec& spec) {
  const auto compose = file.BoolOr("tokenizer.ggml.normalizer.nfc", false);
  if (!compose) return Fail(compose.error());
  if (*compose) spec.normalizer.emplace_back(NormalForm{.compatibility = false, .compose = true});
  if (spec.model == "bert") return ReadBert(file, spec);
  if (spec.model == "t5") return ReadUnigram(file, spec);
  return {};
}

// Phi-3's control tokens strip the white space that follows, but for three. GGUF has no field for
// it, so the name of the model has to do.
void AddPhi3Stripping(const GgufFile& file, TokenizerSpec& spec) {
  const auto general_name = file.StringOr("general.name", "");
  std::string name(general_name ? *general_name : std::string_view());
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (name.find("phi3") == std::string::npos && name.find("phi-3") == std::string::npos) return;
  for (size_t i = 0; i < spec.tokens.size() && i < spec.kinds.size(); ++i) {
    const std::string_view token = spec.tokens[i];
    const bool excepted = token == "<unk>" || token == "<s>" || token == "<|endoftext|>";
    const bool special =
        spec.kinds[i] == TokenKind::kControl || spec.kinds[i] == TokenKind::kUserDefined;
    if ((special && !excepted) || token == "</s>") {
      spec.strip_after.push_back(static_cast<TokenId>(i));
    }
  }
}

}  // namespace

Result<TokenizerSpec> TokenizerSpecFromGguf(const GgufFile& file) {
  TokenizerSpec spec;
  const auto model = file.StringOr("tokenizer.ggml.model", kNone);
  if (!model) return Fail(model.error());
  spec.model = *model;
  if (spec.model == kNone || spec.model == "no_vocab") {
    spec.model = kNone;
    return spec;
  }
  const auto pre = file.StringOr("tokenizer.ggml.pre", "");
  if (!pre) return Fail(pre.error());
  spec.pre = *pre;
  if (auto status = ReadArrays(file, spec); !status) return Fail(status.error());
  if (auto status = ReadIds(file, spec); !status) return Fail(status.error());
  if (auto status = ReadFlags(file, spec); !status) return Fail(status.error());
  if (auto status = ReadAlgorithm(file, spec); !status) return Fail(status.error());
  AddPhi3Stripping(file, spec);
  return spec;
}

namespace {

// A tokenizer.json that the file holds, with the file's markers.
Result<std::unique_ptr<Tokenizer>> TokenizerFromWholeFile(const GgufFile& file,
                                                          std::string_view json) {
  auto read = ReadTokenizerFiles({.tokenizer_json = std::string(json)});
  if (!read) return Fail(read.error(), file.name());
  TokenizerSpec& spec = read->spec;
  if (auto status = ReadIds(file, spec); !status) return Fail(status.error());
  if (auto status = ReadFlags(file, spec); !status) return Fail(status.error());
  std::vector<TokenId>& before = spec.pipeline->before;
  std::vector<TokenId>& after = spec.pipeline->after;
  if (!spec.add_bos.value_or(true)) before.clear();
  if (!spec.add_eos.value_or(true)) after.clear();
  if (spec.add_bos.value_or(false) && before.empty() && spec.bos) before = {*spec.bos};
  if (spec.add_eos.value_or(false) && after.empty() && spec.eos) after = {*spec.eos};
  auto tokenizer = Tokenizer::Create(spec);
  if (!tokenizer) return Fail(tokenizer.error(), file.name());
  return tokenizer;
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> TokenizerFromGguf(const GgufFile& file) {
  const auto whole = file.StringOr("tokenizer.huggingface.json", "");
  if (!whole) return Fail(whole.error());
  if (!whole->empty()) return TokenizerFromWholeFile(file, *whole);
  const auto spec = TokenizerSpecFromGguf(file);
  if (!spec) return Fail(spec.error());
  auto tokenizer = Tokenizer::Create(*spec);
  if (!tokenizer) return Fail(tokenizer.error(), file.name());
  return tokenizer;
}

}  // namespace ingle
