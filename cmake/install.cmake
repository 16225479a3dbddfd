# What `cmake --install` puts where, beside the program and its data (apps/ingle): the library, its
# two headers, and how CMake and pkg-config find them.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS ingle_library EXPORT ingle
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/ingle DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

set(INGLE_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/ingle)
install(EXPORT ingle NAMESPACE ingle:: DESTINATION ${INGLE_PACKAGE_DIR} FILE ingle-targets.cmake)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/ingle-config.cmake.in
  ${CMAKE_BINARY_DIR}/package/ingle-config.cmake INSTALL_DESTINATION ${INGLE_PACKAGE_DIR})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/ingle-config-version.cmake
  COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_BINARY_DIR}/package/ingle-config.cmake
              ${CMAKE_BINARY_DIR}/package/ingle-config-version.cmake
        DESTINATION ${INGLE_PACKAGE_DIR})

file(RELATIVE_PATH INGLE_PREFIX_FROM_PC /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
configure_file(${CMAKE_CURRENT_LIST_DIR}/ingle.pc.in ${CMAKE_BINARY_DIR}/package/ingle.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/package/ingle.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The program writes its own completions.
function(ingle_install_completion shell file folder)
  set(path ${CMAKE_BINARY_DIR}/completions/${file})
  add_custom_command(OUTPUT ${path} DEPENDS ingle_program VERBATIM
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/completions
    COMMAND ingle_program completion ${shell} > ${path})
  add_custom_target(ingle_completion_${shell} ALL DEPENDS ${path})
  install(FILES ${path} DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder})
endfunction()
if(TARGET ingle_program)
  ingle_install_completion(bash ingle bash-completion/completions)
  ingle_install_completion(zsh _ingle zsh/site-functions)
  ingle_install_completion(fish ingle.fish fish/vendor_completions.d)
endif()
