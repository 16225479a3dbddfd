// Asking for memory ahead of its use.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace ingle {
namespace {

// What is used soon belongs into the first-level cache. It has few places for what is under way:
// what comes later, or faster, is asked into the second-level cache.
enum class Cache { kSecondLevel = 2, kFirstLevel = 3 };

// From an address on, which may lead out of what pointers may point to: where nothing is there,
// nothing happens.
template <Cache kCache>
inline __attribute__((always_inline)) void Prefetch(uintptr_t address, size_t bytes) {
  for (size_t i = 0; i < bytes; i += 64) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    __builtin_prefetch(reinterpret_cast<const void*>(address + i), 0, static_cast<int>(kCache));
  }
}
template <Cache kCache>
inline __attribute__((always_inline)) void Prefetch(const void* at, size_t bytes) {
  Prefetch<kCache>(reinterpret_cast<uintptr_t>(at), bytes);
}

}  // namespace
}  // namespace ingle
