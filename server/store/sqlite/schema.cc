#include "server/store/sqlite/schema.h"

#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace concordat::store {
namespace {

// Each step is applied once, in order; a step that was released never changes.
// Times are microseconds since 1970, UTC.
constexpr const char* kSteps[] = {
    R"sql(
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE resource (
  kind INTEGER NOT NULL,
  name TEXT NOT NULL,
  revision INTEGER NOT NULL,
  store_revision INTEGER NOT NULL,
  recorded INTEGER NOT NULL,
  committed INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  imported INTEGER NOT NULL,
  topics TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (kind, name, revision)
) WITHOUT ROWID;

CREATE TABLE observation (
  release TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  measure TEXT NOT NULL,
  area TEXT NOT NULL,
  level INTEGER NOT NULL,
  topics TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (release, ordinal)
) WITHOUT ROWID;

CREATE TABLE audit (
  idx INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  agency TEXT NOT NULL,
  resource TEXT NOT NULL,
  record BLOB NOT NULL
);

CREATE TABLE open_stream (idx INTEGER PRIMARY KEY);

CREATE TABLE reply (
  client TEXT NOT NULL,
  method TEXT NOT NULL,
  request_id TEXT NOT NULL,
  time INTEGER NOT NULL,
  request_digest BLOB NOT NULL,
  reply BLOB NOT NULL,
  PRIMARY KEY (client, method, request_id)
) WITHOUT ROWID;
CREATE INDEX reply_by_time ON reply (time);

CREATE TABLE daily_quota (
  day TEXT NOT NULL,
  subject TEXT NOT NULL,
  used INTEGER NOT NULL,
  PRIMARY KEY (day, subject)
) WITHOUT ROWID;
)sql",
    R"sql(
-- Tiles of the audit log's tree; `id` is the level times 2^56 and the index.
CREATE TABLE audit_tile (id INTEGER PRIMARY KEY, hashes BLOB NOT NULL);

-- Which agencies may see which record: its caller's, and those that it concerns.
CREATE TABLE audit_seen_by (
  agency TEXT NOT NULL,
  idx INTEGER NOT NULL,
  PRIMARY KEY (agency, idx)
) WITHOUT ROWID;
INSERT INTO audit_seen_by SELECT agency, idx FROM audit WHERE agency<>'';

-- The first and last index among the records of an hour, which is counted from 1970
-- in UTC. The hours of dropped records stay.
CREATE TABLE audit_hour (hour INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL);
INSERT INTO audit_hour SELECT time/3600000000, min(idx), max(idx) FROM audit GROUP BY 1;
)sql",
    // Redactions that await their approver; `digest` is keyed, and of all terms.
    R"sql(
CREATE TABLE redaction_proposal (
  digest BLOB PRIMARY KEY,
  client TEXT NOT NULL,
  time INTEGER NOT NULL
) WITHOUT ROWID;
)sql",
    R"sql(
-- What was submitted. `store_revision` is 0 until it is applied: nobody sees its
-- figures before, and one row makes all of them visible.
CREATE TABLE submission (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  provider TEXT NOT NULL,
  store_revision INTEGER NOT NULL DEFAULT 0,
  recorded INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE figure (
  id INTEGER PRIMARY KEY,
  submission INTEGER NOT NULL,
  measure TEXT NOT NULL,
  period TEXT NOT NULL,
  area TEXT NOT NULL,
  breakdown TEXT NOT NULL,
  row INTEGER NOT NULL,
  body BLOB NOT NULL
);
CREATE UNIQUE INDEX figure_by_key ON figure (measure, period, area, breakdown, submission);
CREATE INDEX figure_by_submission ON figure (submission);
)sql",
    // Which agencies have had figures of which release: when first and last, and under
    // which version of which agreement last.
    R"sql(
CREATE TABLE release_recipient (
  release TEXT NOT NULL,
  agency TEXT NOT NULL,
  agreement TEXT NOT NULL,
  agreement_version INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (release, agency)
) WITHOUT ROWID;
)sql",
    // Releases that were frozen before have no lines: their extracts are written from
    // their figures.
    R"sql(
-- Lines of a release's CSV file (line_page.h).
CREATE TABLE line_page (
  id INTEGER PRIMARY KEY,
  release TEXT NOT NULL,
  last_ordinal INTEGER NOT NULL,
  line_index BLOB NOT NULL,
  texts BLOB NOT NULL
);
CREATE UNIQUE INDEX line_page_by_ordinal ON line_page (release, last_ordinal);
)sql",
};

absl::StatusOr<int64_t> Version(Connection& connection) {
  ASSIGN_OR_RETURN(Statement statement, connection.Prepare("PRAGMA user_version"));
  Query query = statement.Start();
  RETURN_IF_ERROR(query.Step().status());
  return query.Int(0);
}

}  // namespace

absl::Status Migrate(Connection& connection) {
  ASSIGN_OR_RETURN(int64_t version, Version(connection));
  const auto current = static_cast<int64_t>(std::size(kSteps));
  if (version > current) {
    return absl::FailedPreconditionError(absl::StrCat("the database has version ", version,
                                                      " and this program knows ", current,
                                                      "; run the newer program"));
  }
  if (version == current) return absl::OkStatus();
  RETURN_IF_ERROR(connection.Execute("BEGIN IMMEDIATE"));
  for (; version < current; ++version) RETURN_IF_ERROR(connection.Execute(kSteps[version]));
  RETURN_IF_ERROR(connection.Execute(absl::StrCat("PRAGMA user_version=", current).c_str()));
  return connection.Execute("COMMIT");
}

}  // namespace concordat::store
