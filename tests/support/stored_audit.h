// The audit log as it lies on disk, read beside the server and without its code.
#ifndef CONCORDAT_TESTS_SUPPORT_STORED_AUDIT_H_
#define CONCORDAT_TESTS_SUPPORT_STORED_AUDIT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "concordat/v1/audit.pb.h"

namespace concordat::e2e {

// One stored record.
struct StoredRecord {
  uint64_t index = 0;
  std::string bytes;
  v1::AuditRecord record;
};

// All records of the database, or those from index `from`, in order. Ends the
// process when the file cannot be read or holds what is no record.
std::vector<StoredRecord> ReadAudit(const std::string& database_path, uint64_t from = 0);

// The record that a receipt names. An error says what of the receipt is not
// true: that there is such a record, its leaf hash (SHA-256 of a zero byte and
// the stored bytes), index, origin and time.
absl::StatusOr<v1::AuditRecord> RecordOf(const std::string& database_path,
                                         const v1::Receipt& receipt);

// Changes the database of a server that does not run, behind its back.
void ChangeDatabase(const std::string& database_path, const std::string& sql);

// All rows of a query's answer, each column as its bytes; numbers in digits.
std::vector<std::vector<std::string>> QueryRows(const std::string& database_path,
                                                const std::string& sql);

// The one number that a query of one row and one column gives.
int64_t QueryNumber(const std::string& database_path, const std::string& sql);

}  // namespace concordat::e2e

#endif  // CONCORDAT_TESTS_SUPPORT_STORED_AUDIT_H_
