# ingle_module(NAME [DEPS module...])
#
# One line in src/CMakeLists.txt declares a module and the modules that it may include. The line
# is read twice: here, to link, and by tools/check_includes.py, to hold every #include against it.
# What a dependency may include, its user may include too.
#
# The folder's own CMakeLists.txt lists the files:
#   ingle_sources(a.cc b.cc)              sources of the module
#   ingle_isa_sources(FLAGS f... FILES x86_avx2.cc)   files that need instruction set flags
#   ingle_tests(a_test.cc b_test.cc)      unit tests, linked into one program test_NAME
#   ingle_benchmarks(a_bench.cc)          micro-benchmarks, each a program bench_a
function(ingle_module name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  add_library(ingle_${name} STATIC)
  set_target_properties(ingle_${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_include_directories(ingle_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_include_directories(ingle_${name} SYSTEM PUBLIC ${INGLE_HEADERS})
  foreach(dependency ${ARG_DEPS})
    target_link_libraries(ingle_${name} PUBLIC ingle_${dependency})
  endforeach()
  set(INGLE_MODULE ${name})
  add_subdirectory(${name})
endfunction()

function(ingle_sources)
  target_sources(ingle_${INGLE_MODULE} PRIVATE ${ARGN})
endfunction()

function(ingle_isa_sources)
  cmake_parse_arguments(ARG "" "" "FLAGS;FILES" ${ARGN})
  target_sources(ingle_${INGLE_MODULE} PRIVATE ${ARG_FILES})
  set_source_files_properties(${ARG_FILES} TARGET_DIRECTORY ingle_${INGLE_MODULE}
                              PROPERTIES COMPILE_OPTIONS "${ARG_FLAGS}" SKIP_PRECOMPILE_HEADERS ON)
endfunction()

if(INGLE_BUILD_TESTS)
  include(googletest)
endif()

function(ingle_tests)
  if(NOT INGLE_BUILD_TESTS)
    return()
  endif()
  if(NOT TARGET test_${INGLE_MODULE})
    add_executable(test_${INGLE_MODULE})
    target_link_libraries(test_${INGLE_MODULE} PRIVATE ingle_${INGLE_MODULE} GTest::gtest_main)
    target_compile_options(test_${INGLE_MODULE} PRIVATE ${INGLE_TEST_FLAGS})
    target_compile_definitions(test_${INGLE_MODULE} PRIVATE
      INGLE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" INGLE_SHARED_DATA="${INGLE_SHARED_DATA}")
    add_test(NAME ${INGLE_MODULE} COMMAND test_${INGLE_MODULE})
  endif()
  target_sources(test_${INGLE_MODULE} PRIVATE ${ARGN})
endfunction()

# Programs for Google Benchmark, one a file, under INGLE_BUILD_BENCHMARKS: matmul_bench.cc makes
# bench_matmul.
function(ingle_benchmarks)
  if(NOT INGLE_BUILD_BENCHMARKS)
    return()
  endif()
  find_package(benchmark REQUIRED)
  foreach(file ${ARGN})
    get_filename_component(name ${file} NAME_WE)
    string(REGEX REPLACE "_bench$" "" name ${name})
    add_executable(bench_${name} ${file})
    target_link_libraries(bench_${name} PRIVATE ingle_${INGLE_MODULE} benchmark::benchmark_main)
  endforeach()
endfunction()

# Third-party conformance data kept beside the checkout. Tests that read it skip where it is absent.
set(INGLE_SHARED_DATA "${CMAKE_SOURCE_DIR}/../shared/data" CACHE PATH "Folder of third-party test data")
