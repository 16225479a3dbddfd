#include <algorithm>

#include "base/worker_pool.h"

namespace ingle {

WorkPart::Range WorkPart::Share(size_t total, size_t grain) const {
  const size_t grains = (total + grain - 1) / grain;
  const auto first_of = [&](int unit) {
    return grains * static_cast<size_t>(unit) / static_cast<size_t>(units) * grain;
  };
  return {std::min(first_of(begin), total), std::min(first_of(end), total)};
}

}  // namespace ingle
