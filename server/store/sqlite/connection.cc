#include "server/store/sqlite/connection.h"

#include <sqlite3.h>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace concordat::store {
namespace {

// The write-ahead log is copied into the database once it has so many pages. Whoever waits
// for a commit then waits for the copy, too: with half as many pages that is often enough to
// double the p99 of calls beside a large submission, with twice as many each copy takes twice
// as long and gains nothing (docs/performance.md).
constexpr int kPagesToCopy = 2000;

// What the operator can do about an error; empty where SQLite's words say it all.
absl::string_view AdviceFor(int code) {
  switch (code) {
    case SQLITE_FULL:
      return ": free space on its disk, then start the server again";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ": is the -wal file beside it its own? docs/operating.md, section Restore, says more";
    default:
      return "";
  }
}

// The database's words go to the operator's log by way of the message of an
// internal error; the door never sends those to a caller.
//
// After a failure the write-ahead log stays for the next start: closing would copy
// it, and sync again what may just have failed to sync.
absl::Status Failure(sqlite3* database, absl::string_view what) {
  if (database == nullptr) return absl::InternalError(absl::StrCat("SQLite: ", what));
  sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  const int code = sqlite3_errcode(database);
  const absl::string_view advice = AdviceFor(code);
  std::string text = absl::StrCat("SQLite: ", what, ": ", sqlite3_errmsg(database));
  if (const char* file = sqlite3_db_filename(database, "main");
      !advice.empty() && file != nullptr) {
    absl::StrAppend(&text, " (", file, ")", advice);
  }
  return absl::InternalError(text);
}

// Copies the write-ahead log after a commit that made it long, and makes a failure
// one of the commit. SQLite's own hook would say nothing, and try again later, when
// a sync may claim what this one lost.
int CopyLongLog(void* /*unused*/, sqlite3* database, const char* name, int pages) {
  if (pages < kPagesToCopy) return SQLITE_OK;
  const int copied = sqlite3_wal_checkpoint_v2(database, name, SQLITE_CHECKPOINT_PASSIVE,
                                               /*pnLog=*/nullptr, /*pnCkpt=*/nullptr);
  // Somebody else's program is copying it.
  return copied == SQLITE_BUSY ? SQLITE_OK : copied;
}

}  // namespace

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Query& Query::Bind(int64_t value) {
  sqlite3_bind_int64(statement_, next_parameter_++, value);
  return *this;
}

Query& Query::Bind(absl::string_view text) {
  sqlite3_bind_text(statement_, next_parameter_++, text.data() == nullptr ? "" : text.data(),
                    static_cast<int>(text.size()), SQLITE_STATIC);
  return *this;
}

Query& Query::BindBlob(absl::string_view bytes) {
  sqlite3_bind_blob(statement_, next_parameter_++, bytes.data() == nullptr ? "" : bytes.data(),
                    static_cast<int>(bytes.size()), SQLITE_STATIC);
  return *this;
}

absl::StatusOr<bool> Query::Step() {
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return Failure(sqlite3_db_handle(statement_), "step");
  }
}

absl::Status Query::Run() { return Step().status(); }

int64_t Query::Int(int column) const { return sqlite3_column_int64(statement_, column); }

absl::string_view Query::Text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return {bytes == nullptr ? "" : bytes,
          static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Connection::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

absl::StatusOr<Connection> Connection::Open(const std::string& path, Mode mode) {
  const int access =
      mode == Mode::kWriter ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  Connection connection;
  sqlite3* database = nullptr;
  const int opened =
      sqlite3_open_v2(path.c_str(), &database, access | SQLITE_OPEN_NOMUTEX, nullptr);
  connection.database_.reset(database);
  if (opened != SQLITE_OK) return Failure(database, absl::StrCat("cannot open ", path));
  RETURN_IF_ERROR(connection.SetPatience(kPatience));
  RETURN_IF_ERROR(connection.Execute("PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;"));
  if (mode == Mode::kWriter) {
    // No reader ever checkpoints (it is opened read-only), so the one writer is
    // alone with the write-ahead log; see docs/security.md on SQLite.
    RETURN_IF_ERROR(connection.Execute(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"));
    sqlite3_wal_hook(database, CopyLongLog, nullptr);
  }
  return connection;
}

absl::Status Connection::SetPatience(absl::Duration patience) {
  const auto milliseconds = static_cast<int>(absl::ToInt64Milliseconds(patience));
  if (sqlite3_busy_timeout(database_.get(), milliseconds) != SQLITE_OK) {
    return Failure(database_.get(), "set the busy timeout");
  }
  return absl::OkStatus();
}

absl::Status Connection::Execute(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return Failure(database_.get(), "execute");
  }
  return absl::OkStatus();
}

absl::StatusOr<Statement> Connection::Prepare(absl::string_view sql) {
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &prepared, nullptr) != SQLITE_OK) {
    return Failure(database_.get(), absl::StrCat("prepare ", sql));
  }
  Statement statement;
  statement.statement_.reset(prepared);
  return statement;
}

}  // namespace concordat::store
