// Counts that are known to the compiler, for what has to stay in registers. In the including
// file's own unnamed namespace, as everything is that is compiled for an instruction set.
#pragma once

#include <cstddef>

namespace ingle {
namespace {

template <int kValue>
struct Constant {
  constexpr operator int() const { return kValue; }
};

// body(0), body(1) ... body(kCount - 1), each a constant, without a loop: what body indexes stays
// in registers.
template <int kCount, class Body>
inline void Unrolled(const Body& body) {
  if constexpr (kCount > 0) {
    Unrolled<kCount - 1>(body);
    body(Constant<kCount - 1>{});
  }
}

// run(Constant<count>) for a count known at run time, from kLeast to kMost.
template <int kLeast, int kMost, class Run>
inline void WithCount(size_t count, const Run& run) {
  if constexpr (kLeast == kMost) {
    run(Constant<kMost>{});
  } else {
    if (count == kMost) return run(Constant<kMost>{});
    WithCount<kLeast, kMost - 1>(count, run);
  }
}

// run(first, count) for all of `tokens`, in tiles of nearly the same width.
template <class Run>
inline void ForEachTile(size_t tokens, size_t widest, const Run& run) {
  const size_t tiles = (tokens + widest - 1) / widest;
  size_t token = 0;
  for (size_t i = 0; i < tiles; ++i) {
    const size_t end = tokens * (i + 1) / tiles;
    run(token, end - token);
    token = end;
  }
}

}  // namespace
}  // namespace ingle
