if(DFI_SANITIZE)
  add_compile_options(-fsanitize=${DFI_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${DFI_SANITIZE})
  # With these g++ takes no address of a function for a constant (its bug 71962), and no plan of steps compiles. A null
  # pointer that is used ends the program with a report all the same.
  if(DFI_SANITIZE MATCHES undefined AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    add_compile_options(-fno-sanitize=null,nonnull-attribute,returns-nonnull-attribute)
  endif()
  # What they add makes g++ warn of its own <regex> once it optimises.
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    add_compile_options(-Wno-maybe-uninitialized)
  endif()
endif()
# Everything is instrumented, so that the fuzzers see which way an input took.
if(DFI_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL Clang)
    message(FATAL_ERROR "DFI_FUZZ needs clang: cmake --preset fuzz")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
