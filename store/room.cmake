# The migrations are built into the program.
file(GLOB store_migrations CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/store/migrations/*.sql)
list(SORT store_migrations)
add_custom_command(
  OUTPUT ${PROJECT_BINARY_DIR}/made/store_migrations.c
  COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/made
  COMMAND ${PROJECT_SOURCE_DIR}/tools/embed ${PROJECT_BINARY_DIR}/made/store_migrations.c store_migrations
          ${store_migrations}
  DEPENDS ${store_migrations} ${PROJECT_SOURCE_DIR}/tools/embed
  VERBATIM)
list(APPEND sources ${PROJECT_BINARY_DIR}/made/store_migrations.c)
