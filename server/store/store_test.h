// The fixture of the contract suite (store_test.cc, store_writing_test.cc): what
// every store promises (store.h), for each implementation there is. A further
// implementation is added to Implementations() below.
#ifndef CONCORDAT_SERVER_STORE_STORE_TEST_H_
#define CONCORDAT_SERVER_STORE_STORE_TEST_H_

#include <sqlite3.h>

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "gtest/gtest.h"
#include "server/store/sqlite/sqlite_store.h"
#include "server/store/store.h"
#include "server/store/test_grants.h"
#include "tests/support/temporary_folder.h"

namespace concordat::store {

inline constexpr absl::Duration kTick = absl::Microseconds(1);

// A database of one implementation, empty at first.
class Database {
 public:
  virtual ~Database() = default;
  // Opens it as a server does when it starts.
  virtual absl::StatusOr<std::unique_ptr<Store>> Open() = 0;
  // Makes it look as if a program of a later version had migrated it.
  virtual void PretendLaterVersion() = 0;
};

class SqliteDatabase final : public Database {
 public:
  absl::StatusOr<std::unique_ptr<Store>> Open() override { return OpenSqliteStore(Path()); }
  void PretendLaterVersion() override {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(Path().c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, "PRAGMA user_version=1000", nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(database);
  }

 private:
  std::string Path() const { return folder_.Path("test.db"); }

  const TemporaryFolder folder_;
};

struct Implementation {
  std::string name;
  std::function<std::unique_ptr<Database>()> make;
};

inline void PrintTo(const Implementation& implementation, std::ostream* out) {
  *out << implementation.name;
}

inline std::vector<Implementation> Implementations() {
  return {{"Sqlite", [] { return std::make_unique<SqliteDatabase>(); }}};
}

inline std::string NameOfImplementation(const ::testing::TestParamInfo<Implementation>& info) {
  return info.param.name;
}

inline Row RowNamed(const std::string& name, const std::string& body = "body") {
  Row row;
  row.name = name;
  row.recorded = kNoon;
  row.body = body;
  return row;
}

inline Row ActionOn(const std::string& name, std::vector<std::string> topics) {
  Row row = RowNamed(name);
  row.topics = std::move(topics);
  return row;
}

inline Row Removal(const std::string& name) {
  Row row = RowNamed(name, "");
  row.removed = true;
  return row;
}

inline std::string ReasonName(const absl::Status& status) {
  return v1::ErrorReason_Name(ReasonOf(status));
}

// A database of the implementation under test, and its store.
class StoreTest : public ::testing::TestWithParam<Implementation> {
 protected:
  StoreTest() : database_(GetParam().make()) { Reopen(); }

  // Closes the store and opens it again, as a restart does.
  void Reopen() {
    store_.reset();
    absl::StatusOr<std::unique_ptr<Store>> opened = database_->Open();
    if (!opened.ok()) {
      ADD_FAILURE() << opened.status();
      std::abort();
    }
    store_ = *std::move(opened);
  }

  // Commits one change at `now`.
  void Commit(absl::FunctionRef<void(Transaction&)> change, absl::Time now = kNoon) {
    InBatch([&](Batch& batch) {
      ASSERT_TRUE(batch.BeginChange(now).ok());
      change(batch.transaction());
      ASSERT_TRUE(batch.KeepChange().ok());
    });
  }
  // Commits what is done to a batch.
  void InBatch(absl::FunctionRef<void(Batch&)> fill) {
    const auto batch = store_->BeginBatch();
    ASSERT_TRUE(batch.ok()) << batch.status();
    fill(**batch);
    const absl::Status committed = (*batch)->Commit();
    ASSERT_TRUE(committed.ok()) << committed;
  }
  // Commits one revision of one resource; returns its number.
  int64_t Put(Kind kind, Row row, absl::Time now = kNoon) {
    int64_t revision = 0;
    Commit(
        [&](Transaction& transaction) {
          const auto put = transaction.Put(everything_, kind, row);
          ASSERT_TRUE(put.ok()) << put.status();
          revision = *put;
        },
        now);
    return revision;
  }
  void PutAll(Kind kind, const std::vector<Row>& rows) {
    Commit([&](Transaction& transaction) {
      for (const Row& row : rows) ASSERT_TRUE(transaction.Put(everything_, kind, row).ok());
    });
  }

  ReadPoint Now() const { return {store_->ReadState().value().revision}; }

  // The body of a resource, or the name of the reason that there is none.
  std::string BodyOf(Kind kind, const std::string& name, ReadPoint point) const {
    const auto row = store_->Find(everything_, kind, name, point);
    return row.ok() ? row->body : ReasonName(row.status());
  }
  std::string BodyOf(Kind kind, const std::string& name) const { return BodyOf(kind, name, Now()); }

  // Names that a scan visits, a removed one with a minus before it.
  std::vector<std::string> Names(const auth::Grant& grant, Kind kind, Reader::Range range,
                                 size_t most = 1000) const {
    if (range.point.revision == 0) range.point.revision = Now().revision;
    std::vector<std::string> names;
    const absl::Status scanned = store_->Scan(grant, kind, range, [&](const Row& row) {
      names.push_back((row.removed ? "-" : "") + row.name);
      return names.size() < most;
    });
    EXPECT_TRUE(scanned.ok()) << scanned;
    return names;
  }
  std::vector<std::string> Under(const std::string& prefix) const {
    return Names(everything_, Kind::kAction, {prefix, "", {}, std::nullopt});
  }

  // Appends one record for each resource, all of `agency`, a second apart from
  // noon on.
  void AppendRecords(const std::string& agency, const std::vector<std::string>& resources) {
    uint64_t index = store_->AuditSize().value();
    InBatch([&](Batch& batch) {
      for (const std::string& resource : resources) {
        const absl::Time time = kNoon + absl::Seconds(static_cast<int64_t>(index));
        ASSERT_TRUE(
            batch.AppendAudit(index, {time, agency, resource}, absl::StrCat("record ", index))
                .ok());
        ++index;
      }
    });
  }
  std::vector<uint64_t> Indexes(const auth::Grant& grant, const Store::AuditRange& range) const {
    std::vector<uint64_t> indexes;
    const absl::Status scanned = store_->ScanAudit(grant, range, [&](const AuditRow& row) {
      indexes.push_back(row.index);
      return true;
    });
    EXPECT_TRUE(scanned.ok()) << scanned;
    return indexes;
  }

  const auth::Grant everything_ = Everything();
  const auth::Grant auditor_ = OfPolice(v1::AccessRule::SELF, v1::AUDITOR);
  const auth::Grant police_ = OfPolice(v1::AccessRule::SELF, v1::READER);
  const std::unique_ptr<Database> database_;
  std::unique_ptr<Store> store_;
};

}  // namespace concordat::store

#endif  // CONCORDAT_SERVER_STORE_STORE_TEST_H_
