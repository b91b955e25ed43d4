// The writes of releases: figures and lines that nothing but redaction changes.
#ifndef CONCORDAT_SERVER_STORE_SQLITE_FREEZING_H_
#define CONCORDAT_SERVER_STORE_SQLITE_FREEZING_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/store/sqlite/connection.h"
#include "server/store/store.h"

namespace concordat::store {

// Prepared statements of the writing connection. Not thread-safe.
class Freezing {
 public:
  static absl::StatusOr<Freezing> Prepare(Connection& connection);

  // As Transaction promises; the caller has judged the scope, and looked whether the
  // release has figures.
  absl::Status PutObservations(absl::string_view release, const std::vector<ObservationRow>& rows);
  absl::Status PutLines(absl::string_view release, absl::Span<const LineRow> lines);

 private:
  Statement put_observation_;
  Statement put_lines_;
};

}  // namespace concordat::store

#endif  // CONCORDAT_SERVER_STORE_SQLITE_FREEZING_H_
