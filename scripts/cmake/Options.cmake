# What a builder may choose; everything else is fixed.
option(DFI_TESTS "Build the tests" ON)
option(DFI_WERROR "Warnings are errors (developers and CI, never a tarball)" OFF)
set(DFI_SANITIZE "" CACHE STRING "Sanitizers: address,undefined or thread")

option(DFI_FUZZ "Build the libFuzzer programs (clang only)" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # With precompiled headers it caches only what it is told to overlook: macros they define, their time stamps.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()
