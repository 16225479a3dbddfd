// Writing rows into a page of the cache, and reading them: the definition of its layout.
#pragma once

#include <cstddef>

#include "kernels/attention/cache_page.h"

namespace ingle {

// One position's place in a head's part of a page.
struct CacheRow {
  CacheType type;
  std::byte* head;
  size_t slot;  // < kPageTokens
  size_t size;  // elements
};

// scratch: size floats.
void StoreKey(const CacheRow& to, const float* key, float* scratch);
void StoreValue(const CacheRow& to, const float* value, float* scratch);

// The row of `slot`, size floats; rotated where the type is.
void LoadKey(CacheType type, const std::byte* head, size_t slot, size_t size, float* key);
void LoadValue(CacheType type, const std::byte* head, size_t slot, size_t size, float* value);

}  // namespace ingle
