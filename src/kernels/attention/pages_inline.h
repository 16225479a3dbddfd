// Pages of the cache as the products take them.
#pragma once

#include "kernels/attention/cache_page.h"
#include "kernels/eight_inline.h"
#include "kernels/prefetch_inline.h"

namespace ingle {
namespace {

// How the products read a vector of elements. Codes are read without their scales. What was
// decoded, or unpacked, lies in memory of the worker's own: nothing has to be fetched.
struct FloatSource {
  using Element = float;
  static constexpr bool kFetched = true;
  static inline Floats Load(const float* from) { return FloatsAt(from); }
};
struct DecodedSource : FloatSource {
  static constexpr bool kFetched = false;
};
struct HalfSource {
  using Element = uint16_t;
  static constexpr bool kFetched = true;
  static inline Floats Load(const uint16_t* from) { return HalvesAt(from); }
};
struct ByteSource {
  using Element = int8_t;
  static constexpr bool kFetched = true;
  static inline Floats Load(const int8_t* from) { return FloatsOfBytesAt(from); }
};
struct UnpackedSource : ByteSource {
  static constexpr bool kFetched = false;
};

template <class Source>
inline const typename Source::Element* ElementsOf(const std::byte* head) {
  return reinterpret_cast<const typename Source::Element*>(head);
}

// The processor fetches ahead, but not from one page to the next: so each line that is read asks
// for the one in its place in the next page, `ahead` bytes on. That goes to the second cache, for
// which more may be under way, and some of it is left out where much is; so what comes soon is
// asked for once more. Where `ahead` is 0 no page comes then.
template <class Source, int V>
inline __attribute__((always_inline)) void FetchAhead(const typename Source::Element* from,
                                                      ptrdiff_t ahead) {
  if constexpr (!Source::kFetched) return;
  constexpr size_t kSoon = 512;
  constexpr size_t kBytes = V * kLanes * sizeof(typename Source::Element);
  const auto line = reinterpret_cast<uintptr_t>(from);
  Prefetch<Cache::kSecondLevel>(line + static_cast<uintptr_t>(ahead), kBytes);
  Prefetch<Cache::kFirstLevel>(line + kSoon, kBytes);
}

// What is `ahead` of a part of a page, all of it at once.
inline void FetchPage(const std::byte* part, ptrdiff_t ahead, size_t bytes) {
  const uintptr_t next = reinterpret_cast<uintptr_t>(part) + static_cast<uintptr_t>(ahead);
  Prefetch<Cache::kFirstLevel>(next, bytes);
}

// Elements as floats. REQUIRES: count is a multiple of 16.
template <class Source>
inline const float* Decode(const std::byte* head, size_t count, ptrdiff_t ahead, float* to) {
  const typename Source::Element* from = ElementsOf<Source>(head);
  for (size_t i = 0; i < count; i += kLanes) {
    if (i * sizeof(*from) % 64 == 0) FetchAhead<Source, 1>(from + i, ahead);
    Put(to + i, Source::Load(from + i));
  }
  return to;
}

// Values whose rows are not whole vectors, with zeros behind each.
inline const float* PadValues(CacheType type, const std::byte* head, size_t size, size_t stride,
                              float* to) {
  for (size_t p = 0; p < kPageTokens; ++p) {
    float* row = to + p * stride;
    for (size_t i = 0; i < stride; ++i) row[i] = 0;
    for (size_t i = 0; i < size; ++i) {
      if (type == CacheType::kF32) row[i] = ElementsOf<FloatSource>(head)[p * size + i];
      if (type == CacheType::kF16) row[i] = HalfToFloat(ElementsOf<HalfSource>(head)[p * size + i]);
    }
  }
  return to;
}

}  // namespace
}  // namespace ingle
