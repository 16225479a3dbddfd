#include <algorithm>

#include "base/worker_pool.h"

namespace ingle {

Worker::Range Worker::Share(size_t total, size_t grain) const {
  const size_t grains = (total + grain - 1) / grain;
  const auto count = static_cast<size_t>(count_);
  const auto index = static_cast<size_t>(index_);
  const size_t begin = grains * index / count * grain;
  const size_t end = grains * (index + 1) / count * grain;
  return {std::min(begin, total), std::min(end, total)};
}

}  // namespace ingle
