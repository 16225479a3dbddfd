// Any bytes as a tokenizer.json, a zero byte, and a text to take there and back.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tokenizer/huggingface/tokenizer_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t end = std::min(bytes.find('\0'), bytes.size());
  ingle::TokenizerFiles files;
  files.tokenizer_json = bytes.substr(0, end);
  const auto read = ingle::ReadTokenizerFiles(files);
  if (!read) return 0;
  const auto tokenizer = ingle::Tokenizer::Create(read->spec);
  if (!tokenizer) return 0;
  const std::string_view text =
      end < bytes.size() ? bytes.substr(end + 1) : std::string_view("Hello, w\xC3\xB6rld 42\n");
  const auto ids = (*tokenizer)->Encode(text, {.add_special = true, .parse_special = true});
  if (!ids) return 0;
  for (const ingle::TokenId id : *ids) {
    if (id < 0 || static_cast<size_t>(id) >= (*tokenizer)->size()) __builtin_trap();
  }
  (void)(*tokenizer)->Decode(*ids);
  return 0;
}
