# What an installed agent needs besides its program: user unit, autostart entry, first page, folder for issuers. What is in
# /etc is looked for there by desktops and by the agent, wherever the program is.
set(GENKAN_AGENT_LIBEXEC ${CMAKE_INSTALL_FULL_LIBEXECDIR}/genkan-agent)
set(desktop ${PROJECT_SOURCE_DIR}/jpki/agent/desktop)
foreach(file genkan-agent.service genkan-agent.desktop desktop-login)
  configure_file(${desktop}/${file}.in ${PROJECT_BINARY_DIR}/made/${file} @ONLY)
endforeach()
install(FILES ${PROJECT_BINARY_DIR}/made/genkan-agent.service DESTINATION lib/systemd/user COMPONENT genkan-agent)
install(FILES ${PROJECT_BINARY_DIR}/made/genkan-agent.desktop DESTINATION /etc/xdg/autostart COMPONENT genkan-agent)
install(PROGRAMS ${PROJECT_BINARY_DIR}/made/desktop-login DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/genkan-agent COMPONENT genkan-agent)
install(FILES ${desktop}/welcome.html DESTINATION ${GENKAN_AGENT_DATA} COMPONENT genkan-agent)
install(FILES ${desktop}/genkan-agent.default DESTINATION /etc/default RENAME genkan-agent COMPONENT genkan-agent)
install(DIRECTORY DESTINATION /etc/genkan-agent/issuers.d COMPONENT genkan-agent)
