#include <algorithm>

#include "base/worker_pool.h"

namespace ingle {

WorkPart::Range WorkPart::Share(size_t total, size_t grain) const {
  const size_t grains = (total + grain - 1) / grain;
  const auto parts = static_cast<size_t>(count);
  const auto part = static_cast<size_t>(index);
  const size_t begin = grains * part / parts * grain;
  const size_t end = grains * (part + 1) / parts * grain;
  return {std::min(begin, total), std::min(end, total)};
}

}  // namespace ingle
