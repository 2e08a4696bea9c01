# Headers that most files read, compiled once for all layers and once more, with GoogleTest, for all tests. Presets of development
# do without (CMAKE_DISABLE_PRECOMPILE_HEADERS): there every file still has to name what it uses.
set(quick_to_compile $<$<CONFIG:Release>:-O1>) # what runs once
set(common_headers <chrono> <filesystem> <functional> <map> <nlohmann/json.hpp> <optional> <string> <vector>)
add_library(dfi_headers OBJECT ${CMAKE_CURRENT_LIST_DIR}/headers.cpp)
target_link_libraries(dfi_headers PRIVATE dfi_settings dfi_warnings)
target_precompile_headers(dfi_headers PRIVATE ${common_headers})
if(DFI_TESTS)
  add_library(dfi_test_headers OBJECT ${CMAKE_CURRENT_LIST_DIR}/headers.cpp)
  target_link_libraries(dfi_test_headers PRIVATE dfi_settings dfi_warnings GTest::gtest GTest::gmock)
  target_compile_options(dfi_test_headers PRIVATE -fPIE ${quick_to_compile}) # as test programs are
  target_precompile_headers(dfi_test_headers PRIVATE ${common_headers} <gmock/gmock.h> <gtest/gtest.h>)
endif()

# dfi_layer(NAME DEPENDS layer... [LIBRARIES target...]): one static library per folder, all *.cpp of it except main files.
function(dfi_layer name)
  cmake_parse_arguments(arg "" "" "DEPENDS;LIBRARIES;EXCLUDE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  foreach(excluded IN LISTS arg_EXCLUDE)
    list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/${excluded})
  endforeach()
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC dfi_settings ${arg_DEPENDS} PRIVATE dfi_warnings ${arg_LIBRARIES})
  target_precompile_headers(${name} REUSE_FROM dfi_headers)
endfunction()

# dfi_program(NAME main.cpp DEPENDS layer...): a program that only joins layers.
function(dfi_program name source)
  cmake_parse_arguments(arg "" "" "DEPENDS;LIBRARIES" ${ARGN})
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} ${arg_LIBRARIES} dfi_warnings)
endfunction()

# dfi_tests(NAME DEPENDS layer... LABELS label... [PROPERTIES name value...]): all *_test.cpp of a folder in one GoogleTest
# program.
function(dfi_tests name)
  cmake_parse_arguments(arg "" "TIMEOUT" "DEPENDS;LIBRARIES;LABELS;PROPERTIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp)
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} ${arg_LIBRARIES} dfi_warnings GTest::gtest_main GTest::gmock)
  target_compile_options(${name} PRIVATE ${quick_to_compile})
  target_precompile_headers(${name} REUSE_FROM dfi_test_headers)
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  include(GoogleTest)
  # A test called …Child is a process that other tests start.
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST TEST_FILTER "-*Child.*" PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT}
                       ${arg_PROPERTIES})
endfunction()
