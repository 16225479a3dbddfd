#include "base/utf8.h"
#include "tokenizer/tokenizer.h"

namespace ingle {
namespace {

// The same text with U+FFFD for what is not UTF-8.
std::string Repair(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Utf8Char c = DecodeUtf8(text);
    AppendUtf8(out, c.code_point);
    text.remove_prefix(c.length);
  }
  return out;
}

}  // namespace

StreamDecoder::StreamDecoder(const Tokenizer& tokenizer, DecodeOptions options)
    : tokenizer_(&tokenizer), options_(options), at_start_(!options.continues_text) {}

std::string StreamDecoder::Push(TokenId id) {
  tokenizer_->AppendToken(id, options_, at_start_, held_);
  const size_t complete = held_.size() - IncompleteUtf8Suffix(held_);
  std::string text = Repair(std::string_view(held_).substr(0, complete));
  held_.erase(0, complete);
  return text;
}

std::string StreamDecoder::Finish() {
  std::string text = Repair(held_);
  held_.clear();
  at_start_ = !options_.continues_text;
  return text;
}

}  // namespace ingle
