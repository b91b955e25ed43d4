#include "tests/support/stored_audit.h"

#include <sqlite3.h>

#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "google/protobuf/util/message_differencer.h"
#include "tests/support/must.h"

namespace concordat::e2e {
namespace {

// Calls `visit` with every row of the answer to `sql`.
void Query(const std::string& path, const std::string& sql,
           absl::FunctionRef<void(sqlite3_stmt*)> visit, int access = SQLITE_OPEN_READONLY) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, access, nullptr);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> connection(opened, sqlite3_close);
  if (code != SQLITE_OK) Die(absl::StrCat("cannot open ", path));
  sqlite3_busy_timeout(connection.get(), 10000);
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(connection.get(), sql.c_str(), -1, &prepared, nullptr) != SQLITE_OK) {
    Die(absl::StrCat(sql, ": ", sqlite3_errmsg(connection.get())));
  }
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(prepared, sqlite3_finalize);
  int step = SQLITE_DONE;
  while ((step = sqlite3_step(statement.get())) == SQLITE_ROW) visit(statement.get());
  if (step != SQLITE_DONE) Die(absl::StrCat(sql, ": ", sqlite3_errmsg(connection.get())));
}

std::string LeafHashOf(const std::string& bytes) {
  return Sha256Of(absl::StrCat(std::string(1, '\0'), bytes));
}

}  // namespace

std::vector<StoredRecord> ReadAudit(const std::string& database_path, uint64_t from) {
  std::vector<StoredRecord> records;
  Query(database_path,
        absl::StrCat("SELECT idx, record FROM audit WHERE idx>=", from, " ORDER BY idx"),
        [&](sqlite3_stmt* row) {
          StoredRecord& stored = records.emplace_back();
          stored.index = static_cast<uint64_t>(sqlite3_column_int64(row, 0));
          const void* const bytes = sqlite3_column_blob(row, 1);
          stored.bytes.assign(static_cast<const char*>(bytes),
                              static_cast<size_t>(sqlite3_column_bytes(row, 1)));
          if (!stored.record.ParseFromString(stored.bytes)) {
            Die(absl::StrCat("the audit record ", stored.index, " cannot be read"));
          }
        });
  return records;
}

absl::StatusOr<v1::AuditRecord> RecordOf(const std::string& database_path,
                                         const v1::Receipt& receipt) {
  const std::vector<StoredRecord> records = ReadAudit(database_path, receipt.index());
  if (records.empty() || records[0].index != receipt.index()) {
    return absl::NotFoundError(absl::StrCat("no record has the index ", receipt.index()));
  }
  const StoredRecord& stored = records[0];
  if (LeafHashOf(stored.bytes) != receipt.leaf_hash()) {
    return absl::DataLossError("the receipt's leaf hash is not that of the stored record");
  }
  if (stored.record.index() != receipt.index() || stored.record.origin() != receipt.origin() ||
      !google::protobuf::util::MessageDifferencer::Equals(stored.record.time(), receipt.time())) {
    return absl::DataLossError("the record says something else than its receipt");
  }
  return stored.record;
}

void ChangeDatabase(const std::string& database_path, const std::string& sql) {
  Query(
      database_path, sql, [](sqlite3_stmt* /*row*/) {}, SQLITE_OPEN_READWRITE);
}

std::vector<std::vector<std::string>> QueryRows(const std::string& database_path,
                                                const std::string& sql) {
  std::vector<std::vector<std::string>> rows;
  Query(database_path, sql, [&](sqlite3_stmt* row) {
    std::vector<std::string>& columns = rows.emplace_back();
    for (int i = 0; i < sqlite3_column_count(row); ++i) {
      const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(row, i));
      columns.emplace_back(bytes == nullptr ? "" : bytes,
                           static_cast<size_t>(sqlite3_column_bytes(row, i)));
    }
  });
  return rows;
}

int64_t QueryNumber(const std::string& database_path, const std::string& sql) {
  int64_t number = 0;
  Query(database_path, sql, [&](sqlite3_stmt* row) { number = sqlite3_column_int64(row, 0); });
  return number;
}

}  // namespace concordat::e2e
