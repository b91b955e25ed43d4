// The reads of the SQLite store: the same statements on a reader's connection
// and on the writer's.
#ifndef CONCORDAT_SERVER_STORE_SQLITE_READING_H_
#define CONCORDAT_SERVER_STORE_SQLITE_READING_H_

#include <optional>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "server/store/sqlite/connection.h"
#include "server/store/store.h"

namespace concordat::store {

// The key of a tile's row.
int64_t TileId(int level, uint64_t index);

// The hour that `time` falls in, counted from 1970 in UTC.
int64_t HourOf(absl::Time time);

// Prepared reads of one connection. Not thread-safe.
class Reading {
 public:
  static absl::StatusOr<Reading> Prepare(Connection& connection);

  // As Reader promises. With `changed_since`, a resource that was in scope until
  // a revision of then or later took it out by its topics is visited too: as it
  // last stood in scope, and removed.
  absl::StatusOr<Row> Find(const auth::Grant& grant, Kind kind, absl::string_view name,
                           ReadPoint point) const;
  absl::Status Scan(const auth::Grant& grant, Kind kind, const Reader::Range& range,
                    absl::FunctionRef<bool(const Row&)> visit) const;
  absl::Status ScanObservations(const auth::Grant& grant, absl::string_view release,
                                int64_t after_ordinal,
                                absl::FunctionRef<bool(const ObservationRow&)> visit) const;
  absl::Status ScanLines(const auth::Grant& grant, absl::string_view release, int64_t after_ordinal,
                         absl::FunctionRef<bool(const LineRow&)> visit) const;
  absl::StatusOr<std::vector<Recipient>> ReadRecipients(const auth::Grant& grant,
                                                        absl::string_view release) const;
  absl::Status ScanSubmitted(const auth::Grant& grant, const FigureRange& range, ReadPoint point,
                             absl::FunctionRef<bool(const FigureRow&)> visit) const;

  // As Store promises.
  absl::StatusOr<std::vector<std::string>> UnappliedSubmissions() const;
  absl::StatusOr<Store::State> ReadState() const;
  absl::StatusOr<auth::Policy::Source> ReadPolicy(absl::Time as_of) const;
  absl::StatusOr<int64_t> QuotaUsed(absl::CivilDay day, absl::string_view subject) const;
  absl::StatusOr<uint64_t> AuditSize() const;
  absl::StatusOr<uint64_t> AuditMinimum() const;
  absl::Status ScanLeaves(uint64_t first, absl::FunctionRef<bool(const AuditRow&)> visit) const;
  absl::StatusOr<std::string> ReadTile(int level, uint64_t index) const;
  absl::Status ScanAudit(const Store::AuditRange& range,
                         absl::FunctionRef<bool(const AuditRow&)> visit) const;
  absl::StatusOr<Store::AuditSpan> AuditIndexesBetween(absl::Time from, absl::Time to) const;
  absl::StatusOr<std::vector<AuditRow>> OpenStreams() const;

  // As Transaction promises.
  absl::Status ScanRevisions(const auth::Grant& grant, Kind kind, absl::string_view name,
                             absl::FunctionRef<bool(const Row&)> visit) const;

  // Number of the newest revision of a resource; 0 when it has none.
  absl::StatusOr<int64_t> NewestRevision(Kind kind, absl::string_view name) const;
  // The kinds of which there is any resource.
  absl::StatusOr<absl::flat_hash_set<Kind>> Kinds() const;
  // Whether any figure of the release is stored.
  absl::StatusOr<bool> HasObservations(absl::string_view release) const;
  // A value of the meta table; empty when it is not there.
  absl::StatusOr<std::string> Meta(absl::string_view key) const;

 private:
  // Of a resource whose newest visible revision is out of scope: the newest that
  // is in scope and was replaced at `since` or later; nothing when there is none.
  absl::StatusOr<std::optional<Row>> LastInScope(const auth::Grant& grant, Kind kind,
                                                 absl::string_view name, ReadPoint point,
                                                 absl::Time since) const;
  // Calls `visit` with the newest visible revision of every resource of a kind.
  absl::Status ScanRows(Kind kind, const Reader::Range& range,
                        absl::FunctionRef<bool(const Row&)> visit) const;

  // The visible revisions of one resource, the newest first.
  Statement revisions_;
  Statement scan_;
  Statement newest_;
  Statement observations_;
  Statement lines_;
  Statement recipients_;
  Statement figures_;
  Statement unapplied_;
  Statement kinds_;
  Statement meta_;
  Statement quota_used_;
  Statement audit_size_;
  Statement audit_minimum_;
  Statement leaves_;
  Statement tile_;
  Statement audit_all_;
  Statement audit_seen_by_;
  Statement audit_hours_;
  Statement open_streams_;
};

}  // namespace concordat::store

#endif  // CONCORDAT_SERVER_STORE_SQLITE_READING_H_
