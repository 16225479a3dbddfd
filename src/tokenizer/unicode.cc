#include "tokenizer/unicode.h"

#include "tokenizer/range_index.h"

namespace ingle {
namespace {

constexpr RangeIndex kRanges(kCharRanges);

}  // namespace

CharSet CharSetOf(char32_t code_point) {
  if (code_point < 0x80) return kAsciiSets[code_point];
  if (code_point >= 0x110000) return kOther;
  return kCharSets[kRanges.Find(code_point)];
}

}  // namespace ingle
