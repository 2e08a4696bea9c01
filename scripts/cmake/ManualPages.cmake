# dfi_manual_pages(): every *.scd of this folder becomes build/…/man/NAME, if scdoc is there. The pages are documentation only, so that
# a build without scdoc is no failure.
find_program(SCDOC scdoc)
function(dfi_manual_pages)
  if(NOT SCDOC)
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.scd)
  foreach(source IN LISTS sources)
    get_filename_component(page ${source} NAME_WLE)
    set(output ${PROJECT_BINARY_DIR}/man/${page})
    add_custom_command(
      OUTPUT ${output}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/man
      COMMAND ${SCDOC} < ${source} > ${output}
      DEPENDS ${source}
      COMMENT "Manual page ${page}")
    string(REPLACE . _ target man_${page})
    add_custom_target(${target} ALL DEPENDS ${output})
  endforeach()
endfunction()
