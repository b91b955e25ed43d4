# What `cmake --install` puts down for programs that use the SDK:
# find_package(Concordat) gives Concordat::client.
include(CMakePackageConfigHelpers)

set(CONCORDAT_CONFIG_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/Concordat)
set(CONCORDAT_INTERNAL_DIR ${CMAKE_INSTALL_INCLUDEDIR}/concordat/internal)

set_target_properties(concordat_client PROPERTIES EXPORT_NAME client)
install(TARGETS concordat_client concordat_stubs concordat_protos concordat_tlog concordat_base
  EXPORT ConcordatTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT sdk)
install(EXPORT ConcordatTargets NAMESPACE Concordat:: DESTINATION ${CONCORDAT_CONFIG_DIR}
  COMPONENT sdk)
install(TARGETS concordat RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT cli)

install(DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/include/concordat
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sdk)
install(DIRECTORY ${PROJECT_BINARY_DIR}/protos/gen/concordat
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sdk
  FILES_MATCHING PATTERN "*.pb.h" PATTERN "*.grpc.pb.h" EXCLUDE)
# Under a folder of their own, so that another package's copies are not in the way.
install(DIRECTORY ${PROJECT_BINARY_DIR}/protos/gen/google
  DESTINATION ${CONCORDAT_INTERNAL_DIR} COMPONENT sdk FILES_MATCHING PATTERN "*.pb.h")
install(FILES ${PROJECT_SOURCE_DIR}/base/status.h DESTINATION ${CONCORDAT_INTERNAL_DIR}/base
  COMPONENT sdk)
install(FILES ${CMAKE_CURRENT_SOURCE_DIR}/mocks/mock_connection.cc
  ${CMAKE_CURRENT_SOURCE_DIR}/mocks/mock_connection.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/concordat/mocks COMPONENT sdk)

configure_package_config_file(${CMAKE_CURRENT_SOURCE_DIR}/ConcordatConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/ConcordatConfig.cmake INSTALL_DESTINATION ${CONCORDAT_CONFIG_DIR})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/ConcordatConfigVersion.cmake
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/ConcordatConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/ConcordatConfigVersion.cmake
  DESTINATION ${CONCORDAT_CONFIG_DIR} COMPONENT sdk)
