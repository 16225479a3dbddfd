#include "byte_vocabulary.h"

#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "tokenizer/byte_level.h"

namespace ingle {
namespace {

constexpr uint32_t kBytes = 256;
// As GGUF counts kinds of tokens.
constexpr int32_t kNormal = 1;
constexpr int32_t kControl = 3;

// Bytes in the order of what stands for them, so that printable ASCII comes first and the pairs
// that a small vocabulary has room for are those of letters.
std::vector<std::string> Alphabet() {
  std::vector<std::string> below, above;
  for (uint32_t byte = 0; byte < kBytes; ++byte) {
    std::string same, text;
    AppendUtf8(same, byte);
    EncodeByteLevel(std::string(1, static_cast<char>(byte)), text);
    (text == same ? below : above).push_back(text);
  }
  below.insert(below.end(), above.begin(), above.end());
  return below;
}

}  // namespace

void SetByteVocabulary(uint32_t size, GgufHeader& header) {
  // Of tokens that are made of bytes, the one at i * 256 + b + 256 is that at i followed by byte b.
  std::vector<std::string> texts = Alphabet();
  std::vector<std::string> merges;
  while (texts.size() + 1 < size) {
    const size_t next = texts.size() - kBytes;
    const std::string& left = texts[next / kBytes];
    const std::string& right = texts[next % kBytes];
    merges.push_back(Cat(left, " ", right));
    texts.push_back(left + right);
  }
  std::vector<std::string_view> tokens = {"<|endoftext|>"};
  tokens.insert(tokens.end(), texts.begin(), texts.end());
  std::vector<int32_t> kinds(tokens.size(), kNormal);
  kinds[0] = kControl;
  header.SetString("tokenizer.ggml.model", "gpt2");
  header.SetString("tokenizer.ggml.pre", "gpt-2");
  header.SetStrings("tokenizer.ggml.tokens", tokens);
  header.SetInts("tokenizer.ggml.token_type", kinds);
  header.SetStrings("tokenizer.ggml.merges",
                    std::vector<std::string_view>(merges.begin(), merges.end()));
  header.SetUint32("tokenizer.ggml.bos_token_id", 0);
  header.SetUint32("tokenizer.ggml.eos_token_id", 0);
  header.SetBool("tokenizer.ggml.add_bos_token", false);
}

}  // namespace ingle
