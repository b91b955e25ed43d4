// The writes of submitted figures: kept where nobody sees them, and made visible by
// one row.
#ifndef CONCORDAT_SERVER_STORE_SQLITE_STAGING_H_
#define CONCORDAT_SERVER_STORE_SQLITE_STAGING_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/store/figures.h"
#include "server/store/sqlite/connection.h"

namespace concordat::store {

// Prepared statements of the writing connection, used while a batch is open. Not
// thread-safe.
class Staging {
 public:
  static absl::StatusOr<Staging> Prepare(Connection& connection);

  // As Batch promises.
  absl::StatusOr<std::vector<size_t>> Stage(absl::string_view submission,
                                            absl::string_view provider,
                                            absl::Span<const FigureRow> rows);
  absl::Status Unstage(absl::string_view submission, absl::Span<const FigureRow> rows);
  absl::StatusOr<bool> Drop(absl::string_view submission, size_t most);

  // The submission's figures are seen from the store's revision `revision` on, and were
  // recorded then. One that staged nothing is fine.
  absl::Status Apply(absl::string_view submission, int64_t revision, absl::Time recorded);

 private:
  // The number of a submission that was not applied; 0 when it is not known.
  absl::StatusOr<int64_t> Find(absl::string_view submission) const;

  Statement find_;
  Statement add_;
  Statement stage_;
  Statement unstage_;
  Statement drop_;
  Statement forget_;
  Statement apply_;
};

}  // namespace concordat::store

#endif  // CONCORDAT_SERVER_STORE_SQLITE_STAGING_H_
