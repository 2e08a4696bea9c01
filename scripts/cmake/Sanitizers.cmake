if(DFI_SANITIZE)
  add_compile_options(-fsanitize=${DFI_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${DFI_SANITIZE})
endif()
