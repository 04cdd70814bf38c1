# SPDX-License-Identifier: MIT

# The pages are part of the program.
set(folder ${CMAKE_CURRENT_LIST_DIR}/web)
set(files ${CMAKE_CURRENT_BINARY_DIR}/mqtt-sink_web_files.cpp)
foreach(name page login)
  file(READ ${folder}/${name}.html ${name})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/${name}.html)
endforeach()
configure_file(${folder}/files.cpp.in ${files} @ONLY)
target_sources(mqtt-sink_rest PRIVATE ${files})
target_include_directories(mqtt-sink_rest PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
