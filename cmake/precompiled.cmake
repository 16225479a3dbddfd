# What most files include of other projects, compiled once for all of them.
#
# For builds with sanitizers alone, which it takes a third off. A file that forgets an include is
# found by the build without them, where nothing is included for it.
add_library(ingle_common_headers OBJECT ${CMAKE_CURRENT_LIST_DIR}/precompiled.cc)
target_include_directories(ingle_common_headers SYSTEM PRIVATE ${INGLE_HEADERS})
target_link_libraries(ingle_common_headers PRIVATE GTest::gtest)
target_precompile_headers(ingle_common_headers PRIVATE
  <algorithm> <array> <chrono> <cmath> <cstdint> <cstring> <filesystem> <fstream> <functional>
  <iterator> <map> <memory> <numeric> <optional> <random> <set> <span> <string> <string_view>
  <system_error> <thread> <tuple> <utility> <variant> <vector>
  <gtest/gtest.h> <nlohmann/json.hpp> <tl/expected.hpp>)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  # ccache compares what is in the file, and the time would differ.
  target_compile_options(ingle_common_headers PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
endif()

# Every target of a folder and of those below.
function(ingle_use_common_headers folder)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target ${targets})
    target_precompile_headers(${target} REUSE_FROM ingle_common_headers)
  endforeach()
  get_property(folders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(below ${folders})
    ingle_use_common_headers(${below})
  endforeach()
endfunction()

# The examples are users' programs, in C and an older C++.
get_property(ingle_folders DIRECTORY ${CMAKE_SOURCE_DIR} PROPERTY SUBDIRECTORIES)
list(REMOVE_ITEM ingle_folders ${CMAKE_SOURCE_DIR}/examples)
foreach(folder ${ingle_folders})
  ingle_use_common_headers(${folder})
endforeach()
