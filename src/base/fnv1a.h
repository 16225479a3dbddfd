// Fowler, Noll and Vo's hash FNV-1a, of 64 bits: small, the same on every machine, and no defence
// against somebody who wants two texts to meet.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace ingle {

constexpr uint64_t kFnv1aOfNothing = 0xCBF29CE484222325;

// hash: of the bytes before these.
inline uint64_t Fnv1a(Bytes bytes, uint64_t hash = kFnv1aOfNothing) {
  for (const std::byte byte : bytes) hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100000001B3;
  return hash;
}

}  // namespace ingle
