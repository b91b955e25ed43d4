# The contract as one archive for other languages, which build their own stubs
# from it: concordat-protos-<version>.tar.gz in the build folder, the same bytes
# wherever and whenever it is built. Included by CMakeLists.txt beside it.

set(archive_name concordat-protos-${PROJECT_VERSION})
set(archive_folder ${CMAKE_CURRENT_BINARY_DIR}/${archive_name})
set(PROTO_ARCHIVE ${PROJECT_BINARY_DIR}/${archive_name}.tar.gz)
find_program(GNU_TAR NAMES gtar tar REQUIRED)

set(copy_commands)
set(google_proto_files)
foreach(proto ${own_proto_files})
  cmake_path(RELATIVE_PATH proto BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE name)
  list(APPEND copy_commands COMMAND ${CMAKE_COMMAND} -E copy ${proto} ${archive_folder}/${name})
endforeach()
foreach(name ${google_protos})
  set(proto ${CONCORDAT_GOOGLEAPIS_DIR}/${name})
  list(APPEND google_proto_files ${proto})
  list(APPEND copy_commands COMMAND ${CMAKE_COMMAND} -E copy ${proto} ${archive_folder}/${name})
endforeach()

add_custom_command(OUTPUT ${PROTO_ARCHIVE}
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${archive_folder}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${archive_folder}/concordat/v1
    ${archive_folder}/google/rpc ${archive_folder}/google/type
  ${copy_commands}
  COMMAND ${CMAKE_COMMAND} -E copy ${DESCRIPTOR_SET} ${PROJECT_SOURCE_DIR}/LICENSE
    ${archive_folder}
  COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_SOURCE_DIR}/archive_readme.md
    ${archive_folder}/README.md
  COMMAND ${CMAKE_COMMAND} -E env LC_ALL=C ${GNU_TAR} --create --file=${PROTO_ARCHIVE}
    "--use-compress-program=gzip --no-name -9" --directory=${CMAKE_CURRENT_BINARY_DIR}
    --format=ustar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner
    --mode=u=rwX,go=rX ${archive_name}
  DEPENDS ${own_proto_files} ${google_proto_files} ${DESCRIPTOR_SET} ${PROJECT_SOURCE_DIR}/LICENSE
    ${CMAKE_CURRENT_SOURCE_DIR}/archive_readme.md ${CMAKE_CURRENT_LIST_FILE}
  VERBATIM)
add_custom_target(concordat_proto_archive ALL DEPENDS ${PROTO_ARCHIVE})
