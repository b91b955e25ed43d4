// The tables, and how an older database becomes a current one.
#ifndef CONCORDAT_SERVER_STORE_SQLITE_SCHEMA_H_
#define CONCORDAT_SERVER_STORE_SQLITE_SCHEMA_H_

#include "absl/status/status.h"
#include "server/store/sqlite/connection.h"

namespace concordat::store {

// Brings the database to the current version, in one transaction. A database of
// a later version is refused.
absl::Status Migrate(Connection& connection);

}  // namespace concordat::store

#endif  // CONCORDAT_SERVER_STORE_SQLITE_SCHEMA_H_
