# The personas are built into the programs that make cards: tools/embed makes a C source of them.
file(GLOB personas CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/certs/personas/*.json)
set(out ${PROJECT_BINARY_DIR}/made/certs_personas.c)
add_custom_command(
  OUTPUT ${out}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/made
  COMMAND ${PROJECT_SOURCE_DIR}/tools/embed ${out} certs_personas ${personas}
  DEPENDS ${personas} ${PROJECT_SOURCE_DIR}/tools/embed
  VERBATIM)
list(APPEND sources ${out})
