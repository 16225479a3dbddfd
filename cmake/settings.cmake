# Compiler settings shared by every target.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
if(EMSCRIPTEN)
  # Programs that node runs: the machine's files and environment, memory as needed, the exit status
  # of main.
  add_link_options(-sNODERAWFS=1 -sALLOW_MEMORY_GROWTH=1 -sEXIT_RUNTIME=1
                   --pre-js=${CMAKE_SOURCE_DIR}/cmake/node_environment.js)
else()
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
endif()
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

# No contraction: a*b+c must not become an fma on one machine and two roundings on another, or
# the same prompt and seed would give different tokens. Kernels that want an fma write one.
add_compile_options(-Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -ffp-contract=off)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # GCC 12 sees these in the standard library's variant and string where clang and the sanitizers
  # see nothing.
  add_compile_options(-Wno-maybe-uninitialized -Wno-restrict)
endif()
if(EMSCRIPTEN)
  # size_t has 32 bits there. Offsets and lengths from outside are uint64_t, and held against the
  # size of what is in memory before they are narrowed.
  add_compile_options(-Wno-shorten-64-to-32 -Wno-c++11-narrowing
                      -include ${CMAKE_SOURCE_DIR}/cmake/wasm_library.h)
endif()
if(INGLE_WERROR)
  add_compile_options(-Werror)
endif()

# Tests spend more time in the compiler than they run. Not -O0: of a template's copies the linker
# takes theirs, for the library too.
set(INGLE_TEST_FLAGS -O1)
if(INGLE_SANITIZE)
  add_compile_options(-fsanitize=${INGLE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g1)
  add_link_options(-fsanitize=${INGLE_SANITIZE})
  # Programs as libraries are, for one set of precompiled headers to serve both.
  set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
  add_compile_options(-fPIC)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # What precompiled headers define, and when they were made, it is told not to ask.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE_PROGRAM})
endif()

# Header-only dependencies of the library proper. They live in the system's include folder, which
# a cross compiler must not search as a whole, so the two are linked into a folder of their own.
set(INGLE_HEADERS ${CMAKE_BINARY_DIR}/header_only)
find_path(INGLE_EXPECTED_DIR tl/expected.hpp PATHS /usr/include NO_CMAKE_FIND_ROOT_PATH REQUIRED)
find_path(INGLE_JSON_DIR nlohmann/json.hpp PATHS /usr/include NO_CMAKE_FIND_ROOT_PATH REQUIRED)
file(MAKE_DIRECTORY ${INGLE_HEADERS})
file(CREATE_LINK ${INGLE_EXPECTED_DIR}/tl ${INGLE_HEADERS}/tl SYMBOLIC)
file(CREATE_LINK ${INGLE_JSON_DIR}/nlohmann ${INGLE_HEADERS}/nlohmann SYMBOLIC)
