// The embedded store: one SQLite file, one writing connection, any number of
// read-only ones.
#ifndef CONCORDAT_SERVER_STORE_SQLITE_SQLITE_STORE_H_
#define CONCORDAT_SERVER_STORE_SQLITE_SQLITE_STORE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/store/store.h"

namespace concordat::store {

// Opens the database at `path`, making and migrating it as needed. A second
// process is locked out with FAILED_PRECONDITION as long as the store lives.
absl::StatusOr<std::unique_ptr<Store>> OpenSqliteStore(const std::string& path);

}  // namespace concordat::store

#endif  // CONCORDAT_SERVER_STORE_SQLITE_SQLITE_STORE_H_
