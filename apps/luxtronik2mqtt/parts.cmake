# SPDX-License-Identifier: MIT

# The field table: data in fields.csv, choices.csv and named_fields.csv, made into C++ by a tool of our own.
set(folder ${CMAKE_CURRENT_LIST_DIR})
set(table ${CMAKE_CURRENT_BINARY_DIR}/luxtronik2mqtt_field_table.cpp)
add_executable(make_field_table ${folder}/generate/make_field_table.cpp)
set_target_properties(make_field_table PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
target_link_libraries(make_field_table PRIVATE bridge_core)
add_custom_command(OUTPUT ${table}
  COMMAND make_field_table ${folder}/fields.csv ${folder}/choices.csv ${folder}/named_fields.csv ${table}
  DEPENDS make_field_table ${folder}/fields.csv ${folder}/choices.csv ${folder}/named_fields.csv
  COMMENT "Field table of luxtronik2mqtt" VERBATIM)
target_sources(luxtronik2mqtt_decoder PRIVATE ${table})
target_include_directories(luxtronik2mqtt_decoder PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})

# The registers of the Smart Home Interface, the same way.
set(registers ${CMAKE_CURRENT_BINARY_DIR}/luxtronik2mqtt_smart_home_table.cpp)
add_executable(make_smart_home_table ${folder}/generate/make_smart_home_table.cpp)
set_target_properties(make_smart_home_table PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
target_link_libraries(make_smart_home_table PRIVATE bridge_core)
add_custom_command(OUTPUT ${registers}
  COMMAND make_smart_home_table ${folder}/smart_home.csv ${folder}/choices.csv ${registers}
  DEPENDS make_smart_home_table ${folder}/smart_home.csv ${folder}/choices.csv
  COMMENT "Smart Home registers of luxtronik2mqtt" VERBATIM)
target_sources(luxtronik2mqtt_decoder PRIVATE ${registers})
