# Installs the build into an empty prefix, moves it, and builds the project in this folder against
# it. Everything lives in BUILD.
set(work ${BUILD}/install_test)
file(REMOVE_RECURSE ${work})

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${work}/prefix)
foreach(file bin/ingle include/ingle/ingle.h include/ingle/ingle.hpp share/ingle/catalogue.toml
        share/man/man1/ingle.1 share/bash-completion/completions/ingle
        share/zsh/site-functions/_ingle share/fish/vendor_completions.d/ingle.fish)
  if(NOT EXISTS ${work}/prefix/${file})
    message(FATAL_ERROR "not installed: ${file}")
  endif()
endforeach()

# Moved, as a package is: nothing may remember the first place.
file(RENAME ${work}/prefix ${work}/moved)
run(${work}/moved/bin/ingle --version)
run(${CMAKE_COMMAND} -S ${SOURCE} -B ${work}/project -D CMAKE_PREFIX_PATH=${work}/moved
    -D CMAKE_CXX_COMPILER=${CXX})
run(${CMAKE_COMMAND} --build ${work}/project)
run(${work}/project/from_c)
run(${work}/project/from_cpp)

file(GLOB_RECURSE pc ${work}/moved/ingle.pc)
file(READ ${pc} text)
if(text MATCHES "${BUILD}" OR NOT text MATCHES "-lingle")
  message(FATAL_ERROR "ingle.pc is tied to its first place:\n${text}")
endif()
