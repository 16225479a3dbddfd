// What the C++ library of Emscripten 3.1.6 (libc++ 13) still lacks of C++20 and Ingle uses.
// Included before every file of a WebAssembly build.
#pragma once

#ifdef __cplusplus
#include <bit>
#include <version>

#ifndef __cpp_lib_bit_cast
namespace std {
template <class To, class From>
constexpr To bit_cast(const From& from) noexcept {
  return __builtin_bit_cast(To, from);
}
}  // namespace std
#endif
#endif
