# Functions that every folder uses, so that a target is declared the same
# way everywhere: its sources, what it stands on, and nothing else.

option(CONCORDAT_WERROR "Treat warnings in this project's code as errors" ON)
set(CONCORDAT_SANITIZE "" CACHE STRING "Sanitizers to build with, such as address,undefined")

add_library(concordat_warnings INTERFACE)
target_compile_options(concordat_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow
  -Wnon-virtual-dtor -Woverloaded-virtual -Wno-missing-field-initializers
  $<$<BOOL:${CONCORDAT_WERROR}>:-Werror>)
if(CONCORDAT_SANITIZE)
  add_compile_options(-fsanitize=${CONCORDAT_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${CONCORDAT_SANITIZE})
endif()

# concordat_library(NAME SOURCES a.cc b.cc [PUBLIC lib...] [PRIVATE lib...])
# The library's headers are included by their path from the project's root.
function(concordat_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
  target_link_libraries(${name} PUBLIC ${ARG_PUBLIC}
    PRIVATE ${ARG_PRIVATE} $<BUILD_INTERFACE:concordat_warnings>)
endfunction()

# concordat_proto(NAME FILE a.proto [DEPENDS import.proto...] [LIBS lib...])
# The C++ of a .proto file of this folder that is no part of the contract. It is included
# by its path from the project's root, and may import what LIBS are made of.
function(concordat_proto name)
  cmake_parse_arguments(ARG "" "FILE" "DEPENDS;LIBS" ${ARGN})
  file(RELATIVE_PATH path ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_FILE})
  set(gen ${CMAKE_CURRENT_BINARY_DIR}/gen)
  string(REGEX REPLACE "proto$" "pb" generated ${gen}/${path})
  file(MAKE_DIRECTORY ${gen})
  add_custom_command(OUTPUT ${generated}.cc ${generated}.h
    COMMAND protobuf::protoc -I${PROJECT_SOURCE_DIR} -I${PROJECT_SOURCE_DIR}/protos
      --cpp_out=${gen} ${path}
    DEPENDS ${ARG_FILE} ${ARG_DEPENDS} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} VERBATIM)
  add_library(${name} STATIC ${generated}.cc)
  target_include_directories(${name} SYSTEM PUBLIC ${gen})
  target_link_libraries(${name} PUBLIC protobuf::libprotobuf ${ARG_LIBS})
endfunction()

# What the sanitizer run builds: every test with the label `sanitize`.
add_custom_target(sanitized_tests)

# Half of the time to build is that of the tests, and they are run once or twice.
add_library(concordat_test_options INTERFACE)
target_compile_options(concordat_test_options INTERFACE -O0)
target_link_libraries(concordat_test_options INTERFACE concordat_warnings)

# concordat_test(NAME SOURCES a_test.cc LIBS lib... [LABELS label...] [TIMEOUT s])
function(concordat_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} GTest::gmock GTest::gtest_main
    concordat_test_options)
  target_compile_definitions(${name} PRIVATE
    CONCORDAT_SOURCE_DIR="${PROJECT_SOURCE_DIR}" CONCORDAT_BINARY_DIR="${PROJECT_BINARY_DIR}")
  if("sanitize" IN_LIST ARG_LABELS)
    add_dependencies(sanitized_tests ${name})
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()
