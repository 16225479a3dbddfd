#include "tensor/shape.h"

#include "base/error.h"

namespace ingle {

std::string ToString(const Shape& shape) {
  std::string text = "[";
  for (int i = 0; i < shape.rank(); ++i) text += Cat(i > 0 ? ", " : "", shape[i]);
  return text + "]";
}

}  // namespace ingle
