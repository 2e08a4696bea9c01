# Two INTERFACE targets, linked privately: our warnings never reach the headers of the libraries.
add_library(dfi_settings INTERFACE)
target_include_directories(dfi_settings INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/installer
                                                  ${PROJECT_BINARY_DIR}/generated)
target_compile_definitions(dfi_settings INTERFACE DFI_VERSION="${PROJECT_VERSION}" _GLIBCXX_ASSERTIONS)
target_compile_options(dfi_settings INTERFACE -fstack-protector-strong)

add_library(dfi_warnings INTERFACE)
target_compile_options(
  dfi_warnings
  INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor
            -Wcast-align -Wformat=2
            $<$<CXX_COMPILER_ID:GNU>:-Wlogical-op -Wduplicated-cond -Wuseless-cast -Wsuggest-override>)
# With precompiled headers g++ 12 takes every std::string that is moved for one in its own short buffer, and warns in <string>.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
  target_compile_options(dfi_warnings INTERFACE -Wno-array-bounds -Wno-stringop-overflow)
endif()
if(DFI_WERROR)
  target_compile_options(dfi_warnings INTERFACE -Werror)
endif()
