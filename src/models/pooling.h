#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ingle {

// How the hidden states of a text's tokens become one vector.
enum class Pooling : uint8_t {
  kMean,
  kCls,   // the first token's, which BERT calls [CLS]
  kLast,  // the last token's
};

inline constexpr std::string_view Name(Pooling pooling) {
  switch (pooling) {
    case Pooling::kMean:
      return "mean";
    case Pooling::kCls:
      return "cls";
    case Pooling::kLast:
      break;
  }
  return "last";
}

}  // namespace ingle
