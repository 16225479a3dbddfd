// A normalizer and a text, both from the fuzzer: a charsmap or a pattern is bytes from a file, too.
// Whatever is created must take any text, and give the same for it each time.

#include <cstdlib>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/utf8.h"
#include "tokenizer/normalizer.h"

namespace ingle {
namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

unsigned TakeByte(std::string_view& input) {
  if (input.empty()) return 0;
  const auto byte = static_cast<unsigned char>(input[0]);
  input.remove_prefix(1);
  return byte;
}

// A length in two bytes, and as much of the input as there is.
std::string TakeText(std::string_view& input) {
  const size_t length = TakeByte(input) << 8 | TakeByte(input);
  const std::string_view text = input.substr(0, length);
  input.remove_prefix(text.size());
  return std::string(text);
}

NormalizerStep TakeStep(std::string_view& input) {
  const unsigned kind = TakeByte(input);
  const unsigned flags = TakeByte(input);
  const bool first = flags % 2 != 0;
  const bool second = flags / 2 % 2 != 0;
  switch (kind % 10) {
    case 0:
      return NormalForm{.compatibility = first, .compose = second};
    case 1:
      return LowercaseStep();
    case 2:
      return StripAccentsStep();
    case 3:
      return BertStep{first, second, flags % 8 > 3 ? std::optional(flags > 31) : std::nullopt,
                      flags % 32 > 15};
    case 4:
      return ReplaceStep{TakeText(input), first, second ? " " : ""};
    case 5:
      return PrependStep{TakeText(input)};
    case 6:
      return StripStep{.left = first, .right = second};
    case 7:
      return NmtStep();
    case 8:
      return PrecompiledStep{TakeText(input)};
    default:
      return ByteLevelStep();
  }
}

// A text in normal form stays as it is.
void CheckNormalForms(std::string_view text) {
  for (const bool compatibility : {false, true}) {
    for (const bool compose : {false, true}) {
      const NormalForm form = {.compatibility = compatibility, .compose = compose};
      const std::string once = ToNormalForm(text, form);
      Check(ToNormalForm(once, form) == once);
      Check(IsValidUtf8(text) == IsValidUtf8(once));
    }
  }
}

}  // namespace
}  // namespace ingle

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ingle;
  std::string_view input = AsText(std::as_bytes(std::span(data, size)));
  std::vector<NormalizerStep> steps;
  for (unsigned count = TakeByte(input) % 4; count > 0; --count) steps.push_back(TakeStep(input));
  if (const auto normalizer = Normalizer::Create(steps)) {
    Check(normalizer->Normalize(input) == normalizer->Normalize(input));
  }
  CheckNormalForms(input);
  return 0;
}
