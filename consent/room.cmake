# The page that checks receipts is put beside the published files, so it is built into the program.
file(GLOB consent_pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/consent/pages/verify.*)
list(SORT consent_pages)
add_custom_command(
  OUTPUT ${PROJECT_BINARY_DIR}/made/consent_pages.c
  COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/made
  COMMAND ${PROJECT_SOURCE_DIR}/tools/embed ${PROJECT_BINARY_DIR}/made/consent_pages.c consent_pages ${consent_pages}
  DEPENDS ${consent_pages} ${PROJECT_SOURCE_DIR}/tools/embed
  VERBATIM)
list(APPEND sources ${PROJECT_BINARY_DIR}/made/consent_pages.c)
