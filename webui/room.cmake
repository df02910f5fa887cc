# Markup, words and assets are built into the program: tools/embed makes C sources of them.
foreach(made pages words assets)
  if(made STREQUAL "words")
    file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/webui/words_*.txt)
  else()
    file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/webui/${made}/*)
  endif()
  set(out ${PROJECT_BINARY_DIR}/made/webui_${made}.c)
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/made
    COMMAND ${PROJECT_SOURCE_DIR}/tools/embed ${out} webui_${made} ${files}
    DEPENDS ${files} ${PROJECT_SOURCE_DIR}/tools/embed
    VERBATIM)
  list(APPEND sources ${out})
endforeach()
