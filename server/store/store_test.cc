// What every store promises (store.h), for each implementation there is. A
// further implementation is added to Implementations() below.
#include "server/store/store.h"

#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "concordat/v1/plan.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/store/sqlite/sqlite_store.h"

namespace concordat::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

const absl::Time kNoon = absl::FromUnixSeconds(1543579200);  // 2018-11-30T12:00:00Z
constexpr absl::Duration kTick = absl::Microseconds(1);

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
  SqliteDatabase() {
    std::string folder = (std::filesystem::temp_directory_path() / "store_test.XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) std::abort();
    folder_ = folder;
  }
  ~SqliteDatabase() override { std::filesystem::remove_all(folder_); }

  absl::StatusOr<std::unique_ptr<Store>> Open() override { return OpenSqliteStore(Path()); }
  void PretendLaterVersion() override {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(Path().c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, "PRAGMA user_version=1000", nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(database);
  }

 private:
  std::string Path() const { return (folder_ / "test.db").string(); }
  std::filesystem::path folder_;
};

struct Implementation {
  std::string name;
  std::function<std::unique_ptr<Database>()> make;
};

void PrintTo(const Implementation& implementation, std::ostream* out) {
  *out << implementation.name;
}

std::vector<Implementation> Implementations() {
  return {{"Sqlite", [] { return std::make_unique<SqliteDatabase>(); }}};
}

std::string NameOfImplementation(const ::testing::TestParamInfo<Implementation>& info) {
  return info.param.name;
}

Row RowNamed(const std::string& name, const std::string& body = "body") {
  Row row;
  row.name = name;
  row.recorded = kNoon;
  row.body = body;
  return row;
}

Row ActionOn(const std::string& name, std::vector<std::string> topics) {
  Row row = RowNamed(name);
  row.topics = std::move(topics);
  return row;
}

Row Removal(const std::string& name) {
  Row row = RowNamed(name, "");
  row.removed = true;
  return row;
}

// A grant over the whole store.
auth::Grant Everything() { return auth::Policy({}).AuthoriseInitialisation().value(); }

// A grant of the police by the basis and role given, over the audit log.
auth::Grant OfPolice(v1::AccessRule::Basis basis, v1::Role role) {
  auth::Principal principal;
  principal.agency = "agencies/police";
  principal.roles = {role};
  v1::AccessRule rule;
  rule.set_basis(basis);
  rule.set_data_set(v1::AUDIT);
  rule.set_permission(v1::AccessRule::READ);
  if (basis == v1::AccessRule::ROLE) rule.add_roles(role);
  return auth::Policy({}).Authorise(principal, rule, {}, kNoon).value();
}

// A grant of the police under an agreement with this scope.
auth::Grant Over(const v1::Agreement::Scope& scope) {
  v1::Agreement agreement;
  agreement.set_name("agreements/a");
  agreement.set_state(v1::Agreement::ACTIVE);
  *agreement.mutable_effective_from() = ToDate(absl::CivilDay(2018, 1, 1));
  agreement.add_parties()->set_agency("agencies/police");
  agreement.mutable_parties(0)->set_receives(true);
  agreement.add_purposes("oversight");
  agreement.add_roles(v1::READER);
  *agreement.mutable_scope() = scope;
  agreement.mutable_scope()->add_data_sets(v1::PLANS);
  auth::Policy::Source source;
  source.agreements.push_back(agreement);
  auth::Principal principal;
  principal.agency = "agencies/police";
  principal.roles = {v1::READER};
  v1::AccessRule rule;
  rule.set_basis(v1::AccessRule::AGREEMENT);
  rule.set_data_set(v1::PLANS);
  rule.set_permission(v1::AccessRule::READ);
  auth::RequestFacts facts;
  facts.purpose = "oversight";
  return auth::Policy(source).Authorise(principal, rule, facts, kNoon).value();
}

auth::Grant OverPlan(const std::string& plan, const std::string& topic = "") {
  v1::Agreement::Scope scope;
  scope.add_plans(plan);
  if (!topic.empty()) scope.add_topics(topic);
  return Over(scope);
}

std::string ReasonName(const absl::Status& status) {
  return v1::ErrorReason_Name(ReasonOf(status));
}

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

INSTANTIATE_TEST_SUITE_P(All, StoreTest, ::testing::ValuesIn(Implementations()),
                         NameOfImplementation);

// Revisions.

TEST_P(StoreTest, AnEmptyStoreHasNothing) {
  EXPECT_EQ(store_->ReadState()->revision, 0);
  EXPECT_EQ(store_->ReadState()->last_change, absl::InfinitePast());
  EXPECT_EQ(store_->AuditSize().value(), 0);
  EXPECT_THAT(store_->OpenStreams().value(), IsEmpty());
  EXPECT_TRUE(store_->ReadPolicy()->clients.empty());
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a"), "RESOURCE_NOT_FOUND");
}

TEST_P(StoreTest, ARowComesBackAsItWasPut) {
  Row row = RowNamed("plans/a/actions/1", std::string("\0bytes\xff", 7));
  row.topics = {"neglect", "domestic-abuse"};
  row.recorded = kNoon - absl::Hours(24) + kTick;
  row.imported = true;
  Put(Kind::kAction, row, kNoon);
  const auto found = store_->Find(everything_, Kind::kAction, row.name, Now());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->name, row.name);
  EXPECT_EQ(found->revision, 1);
  EXPECT_EQ(found->recorded, row.recorded);
  EXPECT_EQ(found->committed, kNoon);
  EXPECT_FALSE(found->removed);
  EXPECT_TRUE(found->imported);
  EXPECT_EQ(found->topics, row.topics);
  EXPECT_EQ(found->body, row.body);
}

TEST_P(StoreTest, RevisionsCountFromOneForEachResource) {
  EXPECT_EQ(Put(Kind::kPlan, RowNamed("plans/a")), 1);
  EXPECT_EQ(Put(Kind::kPlan, RowNamed("plans/a")), 2);
  EXPECT_EQ(Put(Kind::kPlan, RowNamed("plans/ab")), 1);
  EXPECT_EQ(Put(Kind::kRelease, RowNamed("plans/a")), 1);
  EXPECT_EQ(Put(Kind::kPlan, RowNamed("plans/a")), 3);
}

TEST_P(StoreTest, RevisionsGoOnAfterARemoval) {
  Put(Kind::kPlan, RowNamed("plans/a"));
  EXPECT_EQ(Put(Kind::kPlan, Removal("plans/a")), 2);
  EXPECT_EQ(Put(Kind::kPlan, RowNamed("plans/a")), 3);
}

TEST_P(StoreTest, TheStoresRevisionRisesByOneWithEachChangeThatWrites) {
  PutAll(Kind::kPlan, {RowNamed("plans/a"), RowNamed("plans/b")});
  EXPECT_EQ(store_->ReadState()->revision, 1);
  EXPECT_EQ(store_->ReadState()->last_change, kNoon);
  Commit([](Transaction&) {}, kNoon + absl::Hours(1));
  EXPECT_EQ(store_->ReadState()->revision, 1);
  EXPECT_EQ(store_->ReadState()->last_change, kNoon);
  Put(Kind::kPlan, RowNamed("plans/a"));
  EXPECT_EQ(store_->ReadState()->revision, 2);
}

TEST_P(StoreTest, EachReadPointSeesWhatWasCommittedThen) {
  Put(Kind::kPlan, RowNamed("plans/a", "first"));
  Put(Kind::kPlan, RowNamed("plans/a", "second"));
  Put(Kind::kPlan, Removal("plans/a"));
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a", {0}), "RESOURCE_NOT_FOUND");
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a", {1}), "first");
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a", {2}), "second");
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a", {3}), "RESOURCE_NOT_FOUND");
  EXPECT_THAT(Names(everything_, Kind::kPlan, {"", "", {2}, std::nullopt}), ElementsAre("plans/a"));
  EXPECT_THAT(Names(everything_, Kind::kPlan, {"", "", {3}, std::nullopt}), IsEmpty());
}

TEST_P(StoreTest, AsOfIsExclusive) {
  Row row = RowNamed("plans/a");
  row.recorded = kNoon;
  Put(Kind::kPlan, row, kNoon + absl::Hours(5));
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a", {1, kNoon}), "RESOURCE_NOT_FOUND");
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a", {1, kNoon + kTick}), "body");
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a", {1, absl::InfinitePast()}), "RESOURCE_NOT_FOUND");
  EXPECT_THAT(Names(everything_, Kind::kPlan, {"", "", {1, kNoon}, std::nullopt}), IsEmpty());
  EXPECT_THAT(Names(everything_, Kind::kPlan, {"", "", {1, kNoon + kTick}, std::nullopt}),
              ElementsAre("plans/a"));
}

TEST_P(StoreTest, AsOfSeesTheNewestRevisionKnownBefore) {
  Row first = RowNamed("plans/a", "first");
  first.recorded = kNoon;
  Row second = RowNamed("plans/a", "second");
  second.recorded = kNoon + absl::Hours(1);
  Put(Kind::kPlan, first);
  Put(Kind::kPlan, second);
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a", {2, kNoon + absl::Minutes(30)}), "first");
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a", {2, kNoon + absl::Hours(2)}), "second");
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a", {1, kNoon + absl::Hours(2)}), "first");
}

TEST_P(StoreTest, KindsDoNotMeet) {
  Put(Kind::kPlan, RowNamed("plans/a", "a plan"));
  EXPECT_EQ(BodyOf(Kind::kMeasure, "plans/a"), "RESOURCE_NOT_FOUND");
  EXPECT_THAT(Names(everything_, Kind::kAction, {}), IsEmpty());
}

TEST_P(StoreTest, WhatIsNotThereIsNamedByItsKind) {
  const absl::Status status = store_->Find(everything_, Kind::kPlan, "plans/none", Now()).status();
  const auto info = PayloadOf<google::rpc::ResourceInfo>(status);
  ASSERT_TRUE(info.has_value()) << status;
  EXPECT_EQ(info->resource_type(), "concordat/Plan");
  EXPECT_EQ(info->resource_name(), "plans/none");
}

// Scans.

TEST_P(StoreTest, AScanIsByNameWithoutWhatWasRemoved) {
  PutAll(Kind::kPlan, {RowNamed("plans/c"), RowNamed("plans/a"), RowNamed("plans/b")});
  Put(Kind::kPlan, Removal("plans/b"));
  Put(Kind::kPlan, RowNamed("plans/a", "again"));
  EXPECT_THAT(Names(everything_, Kind::kPlan, {}), ElementsAre("plans/a", "plans/c"));
}

TEST_P(StoreTest, AScanShowsTheNewestRevisionOnce) {
  Put(Kind::kPlan, RowNamed("plans/a", "old"));
  Put(Kind::kPlan, RowNamed("plans/a", "new"));
  std::vector<std::string> bodies;
  ASSERT_TRUE(store_
                  ->Scan(everything_, Kind::kPlan, {"", "", Now(), std::nullopt},
                         [&](const Row& row) {
                           bodies.push_back(row.body);
                           return true;
                         })
                  .ok());
  EXPECT_THAT(bodies, ElementsAre("new"));
}

TEST_P(StoreTest, AScanStopsWhenItsVisitorHasEnough) {
  PutAll(Kind::kPlan, {RowNamed("plans/a"), RowNamed("plans/b"), RowNamed("plans/c")});
  EXPECT_THAT(Names(everything_, Kind::kPlan, {}, 2), ElementsAre("plans/a", "plans/b"));
}

TEST_P(StoreTest, AScanGoesOnAfterAName) {
  PutAll(Kind::kPlan, {RowNamed("plans/a"), RowNamed("plans/b"), RowNamed("plans/c")});
  const auto after = [&](const std::string& name) {
    return Names(everything_, Kind::kPlan, {"plans/", name, {}, std::nullopt});
  };
  EXPECT_THAT(after("plans/a"), ElementsAre("plans/b", "plans/c"));
  EXPECT_THAT(after("plans/bb"), ElementsAre("plans/c"));
  EXPECT_THAT(after("plans/c"), IsEmpty());
}

TEST_P(StoreTest, APrefixHoldsItsOwnNamesAlone) {
  PutAll(Kind::kAction, {RowNamed("plans/a/actions/1"), RowNamed("plans/a/actions/1.1"),
                         RowNamed("plans/a/actions/10"), RowNamed("plans/a-b/actions/1"),
                         RowNamed("plans/a.b/actions/1"), RowNamed("plans/a0/actions/1"),
                         RowNamed("plans/ab/actions/1"), RowNamed("plans/b/actions/1")});
  EXPECT_THAT(Under("plans/a/"),
              ElementsAre("plans/a/actions/1", "plans/a/actions/1.1", "plans/a/actions/10"));
  EXPECT_THAT(Under("plans/ab/"), ElementsAre("plans/ab/actions/1"));
  EXPECT_THAT(Under("plans/c/"), IsEmpty());
  EXPECT_THAT(Under(""), SizeIs(8));
}

TEST_P(StoreTest, AllPagesTogetherAreTheWholeList) {
  std::vector<Row> rows;
  for (int i = 0; i < 57; ++i) rows.push_back(RowNamed(absl::StrCat("plans/p/actions/", i)));
  PutAll(Kind::kAction, rows);
  const std::vector<std::string> whole = Under("plans/p/");
  ASSERT_THAT(whole, SizeIs(57));
  std::vector<std::string> paged;
  while (true) {
    const std::vector<std::string> page =
        Names(everything_, Kind::kAction,
              {"plans/p/", paged.empty() ? "" : paged.back(), {}, std::nullopt}, 10);
    if (page.empty()) break;
    paged.insert(paged.end(), page.begin(), page.end());
  }
  EXPECT_EQ(paged, whole);
}

TEST_P(StoreTest, ChangedSinceIsInclusiveAndShowsRemovals) {
  Put(Kind::kPlan, RowNamed("plans/a"), kNoon);
  Put(Kind::kPlan, RowNamed("plans/b"), kNoon + absl::Hours(1));
  Put(Kind::kPlan, Removal("plans/a"), kNoon + absl::Hours(2));
  const auto since = [&](absl::Time time) {
    return Names(everything_, Kind::kPlan, {"", "", {}, time});
  };
  EXPECT_THAT(since(kNoon), ElementsAre("-plans/a", "plans/b"));
  EXPECT_THAT(since(kNoon + absl::Hours(1)), ElementsAre("-plans/a", "plans/b"));
  EXPECT_THAT(since(kNoon + absl::Hours(1) + kTick), ElementsAre("-plans/a"));
  EXPECT_THAT(since(kNoon + absl::Hours(2) + kTick), IsEmpty());
}

TEST_P(StoreTest, ChangedSinceGoesByTheCommitAndNotByTheDocument) {
  Row old_document = RowNamed("plans/a");
  old_document.recorded = kNoon - absl::Hours(24 * 365);
  old_document.imported = true;
  Put(Kind::kPlan, old_document, kNoon);
  EXPECT_THAT(Names(everything_, Kind::kPlan, {"", "", {}, kNoon}), ElementsAre("plans/a"));
}

TEST_P(StoreTest, ChangedSinceJudgesTheNewestVisibleRevision) {
  Put(Kind::kPlan, RowNamed("plans/a"), kNoon);
  Put(Kind::kPlan, RowNamed("plans/a"), kNoon + absl::Hours(2));
  EXPECT_THAT(Names(everything_, Kind::kPlan, {"", "", {1}, kNoon + absl::Hours(1)}), IsEmpty());
  EXPECT_THAT(Names(everything_, Kind::kPlan, {"", "", {2}, kNoon + absl::Hours(1)}),
              ElementsAre("plans/a"));
}

// Scope.

TEST_P(StoreTest, AGrantFindsWhatItsScopeNames) {
  PutAll(Kind::kPlan, {RowNamed("plans/a"), RowNamed("plans/ab")});
  PutAll(Kind::kAction, {RowNamed("plans/a/actions/1"), RowNamed("plans/ab/actions/1")});
  PutAll(Kind::kProgressReport, {RowNamed("plans/ab/actions/1/reports/1")});
  const auth::Grant grant = OverPlan("plans/a");
  const auto reason = [&](Kind kind, const std::string& name) {
    return ReasonName(store_->Find(grant, kind, name, Now()).status());
  };
  EXPECT_TRUE(store_->Find(grant, Kind::kPlan, "plans/a", Now()).ok());
  EXPECT_TRUE(store_->Find(grant, Kind::kAction, "plans/a/actions/1", Now()).ok());
  EXPECT_EQ(reason(Kind::kPlan, "plans/ab"), "OUT_OF_SCOPE");
  EXPECT_EQ(reason(Kind::kAction, "plans/ab/actions/1"), "OUT_OF_SCOPE");
  EXPECT_EQ(reason(Kind::kProgressReport, "plans/ab/actions/1/reports/1"), "OUT_OF_SCOPE");
  EXPECT_EQ(reason(Kind::kAction, "plans/a/actions/2"), "RESOURCE_NOT_FOUND");
}

TEST_P(StoreTest, OutOfScopeSaysTheSameWhetherTheThingExistsOrNot) {
  PutAll(Kind::kPlan, {RowNamed("plans/b")});
  const auth::Grant grant = OverPlan("plans/a");
  EXPECT_EQ(store_->Find(grant, Kind::kPlan, "plans/b", Now()).status(),
            store_->Find(grant, Kind::kPlan, "plans/none", Now()).status());
}

TEST_P(StoreTest, UnderTopicLimitsMissingIsOutOfScopeToo) {
  PutAll(Kind::kAction,
         {ActionOn("plans/a/actions/1", {"neglect"}),
          ActionOn("plans/a/actions/2", {"exploitation"}), ActionOn("plans/a/actions/3", {})});
  const auth::Grant grant = OverPlan("plans/a", "neglect");
  const auto status_of = [&](const std::string& id) {
    return store_->Find(grant, Kind::kAction, "plans/a/actions/" + id, Now()).status();
  };
  EXPECT_TRUE(status_of("1").ok());
  EXPECT_EQ(ReasonName(status_of("2")), "OUT_OF_SCOPE");
  EXPECT_EQ(status_of("3"), status_of("2"));
  EXPECT_EQ(status_of("4"), status_of("2"));
}

TEST_P(StoreTest, UnderTopicLimitsARemovedThingOfTheTopicIsNotFound) {
  Row removal = Removal("plans/a/actions/1");
  removal.topics = {"neglect"};
  PutAll(Kind::kAction, {ActionOn("plans/a/actions/1", {"neglect"}), removal});
  EXPECT_EQ(
      ReasonName(
          store_->Find(OverPlan("plans/a", "neglect"), Kind::kAction, "plans/a/actions/1", Now())
              .status()),
      "RESOURCE_NOT_FOUND");
}

TEST_P(StoreTest, ThePlanItselfIsNotJudgedByTopic) {
  PutAll(Kind::kPlan, {RowNamed("plans/a")});
  EXPECT_TRUE(store_->Find(OverPlan("plans/a", "neglect"), Kind::kPlan, "plans/a", Now()).ok());
}

TEST_P(StoreTest, TheNewestRevisionsTopicsDecide) {
  PutAll(Kind::kAction, {ActionOn("plans/a/actions/1", {"neglect"}),
                         ActionOn("plans/a/actions/1", {"exploitation"})});
  const auth::Grant grant = OverPlan("plans/a", "neglect");
  EXPECT_EQ(ReasonName(store_->Find(grant, Kind::kAction, "plans/a/actions/1", Now()).status()),
            "OUT_OF_SCOPE");
  EXPECT_THAT(Names(grant, Kind::kAction, {}), IsEmpty());
}

TEST_P(StoreTest, AScanLeavesOutWhatTheGrantDoesNotCover) {
  PutAll(Kind::kAction, {ActionOn("plans/a/actions/1", {"neglect"}),
                         ActionOn("plans/a/actions/2", {"exploitation"}),
                         ActionOn("plans/b/actions/1", {"neglect"})});
  EXPECT_THAT(Names(OverPlan("plans/a"), Kind::kAction, {}),
              ElementsAre("plans/a/actions/1", "plans/a/actions/2"));
  EXPECT_THAT(Names(OverPlan("plans/-", "neglect"), Kind::kAction, {}),
              ElementsAre("plans/a/actions/1", "plans/b/actions/1"));
  EXPECT_THAT(Names(OverPlan("plans/a", "neglect"), Kind::kAction, {}),
              ElementsAre("plans/a/actions/1"));
  EXPECT_THAT(Names(police_, Kind::kAction, {}), IsEmpty());
}

TEST_P(StoreTest, MeasuresAreJudgedByNameAndTopic) {
  PutAll(Kind::kMeasure, {ActionOn("measures/a", {"neglect"}), ActionOn("measures/b", {"neglect"}),
                          ActionOn("measures/c", {"exploitation"})});
  v1::Agreement::Scope scope;
  scope.add_measures("measures/a");
  scope.add_measures("measures/c");
  EXPECT_THAT(Names(Over(scope), Kind::kMeasure, {}), ElementsAre("measures/a", "measures/c"));
  scope.add_topics("neglect");
  EXPECT_THAT(Names(Over(scope), Kind::kMeasure, {}), ElementsAre("measures/a"));
}

TEST_P(StoreTest, AgenciesAreInScopeOfAnyAgreementAndAgreementsOfNone) {
  PutAll(Kind::kAgency, {RowNamed("agencies/police", "")});
  PutAll(Kind::kAgreement, {RowNamed("agreements/a", "")});
  const auth::Grant grant = OverPlan("plans/a");
  EXPECT_THAT(Names(grant, Kind::kAgency, {}), ElementsAre("agencies/police"));
  EXPECT_THAT(Names(grant, Kind::kAgreement, {}), IsEmpty());
  EXPECT_THAT(Names(police_, Kind::kAgency, {}), IsEmpty());
  EXPECT_THAT(Names(police_, Kind::kAgreement, {}), ElementsAre("agreements/a"));
}

TEST_P(StoreTest, WhatAGrantDoesNotCoverCannotBeWrittenByIt) {
  const auth::Grant grant = OverPlan("plans/a", "neglect");
  Commit([&](Transaction& transaction) {
    EXPECT_EQ(ReasonName(transaction.Put(grant, Kind::kPlan, RowNamed("plans/b")).status()),
              "OUT_OF_SCOPE");
    EXPECT_EQ(
        ReasonName(
            transaction.Put(grant, Kind::kAction, ActionOn("plans/a/actions/1", {"exploitation"}))
                .status()),
        "OUT_OF_SCOPE");
    EXPECT_EQ(ReasonName(transaction.PutObservations(grant, "releases/r", {{}})), "OUT_OF_SCOPE");
    EXPECT_TRUE(
        transaction.Put(grant, Kind::kAction, ActionOn("plans/a/actions/2", {"neglect"})).ok());
  });
  EXPECT_THAT(Names(everything_, Kind::kAction, {}), ElementsAre("plans/a/actions/2"));
  EXPECT_THAT(Names(everything_, Kind::kPlan, {}), IsEmpty());
}

// Figures.

class ObservationsTest : public StoreTest {
 protected:
  static ObservationRow Figure(int64_t ordinal, const std::string& measure, const std::string& area,
                               v1::GeographicLevel level, std::vector<std::string> topics = {}) {
    return {ordinal, measure, area, level, std::move(topics), absl::StrCat("figure ", ordinal)};
  }
  void PutFigures(const std::string& release, const std::vector<ObservationRow>& rows) {
    Commit([&](Transaction& transaction) {
      ASSERT_TRUE(transaction.PutObservations(everything_, release, rows).ok());
    });
  }
  std::vector<int64_t> Ordinals(const auth::Grant& grant, const std::string& release,
                                int64_t after = -1, size_t most = 1000) const {
    std::vector<int64_t> ordinals;
    const absl::Status scanned =
        store_->ScanObservations(grant, release, after, [&](const ObservationRow& row) {
          ordinals.push_back(row.ordinal);
          EXPECT_EQ(row.body, absl::StrCat("figure ", row.ordinal));
          return ordinals.size() < most;
        });
    EXPECT_TRUE(scanned.ok()) << scanned;
    return ordinals;
  }
};

INSTANTIATE_TEST_SUITE_P(All, ObservationsTest, ::testing::ValuesIn(Implementations()),
                         NameOfImplementation);

TEST_P(ObservationsTest, FiguresComeInTheReleasesOrderAfterAnOrdinal) {
  PutFigures("releases/r", {Figure(2, "measures/m", "areas/e", v1::NATIONAL),
                            Figure(10, "measures/a", "areas/e", v1::NATIONAL),
                            Figure(1, "measures/z", "areas/e", v1::NATIONAL)});
  PutFigures("releases/rr", {Figure(5, "measures/m", "areas/e", v1::NATIONAL)});
  EXPECT_THAT(Ordinals(everything_, "releases/r"), ElementsAre(1, 2, 10));
  EXPECT_THAT(Ordinals(everything_, "releases/r", 2), ElementsAre(10));
  EXPECT_THAT(Ordinals(everything_, "releases/r", -1, 2), ElementsAre(1, 2));
  EXPECT_THAT(Ordinals(everything_, "releases/none"), IsEmpty());
  EXPECT_EQ(store_->ReadState()->revision, 2);
}

TEST_P(ObservationsTest, MeasureAreaLevelAndTopicLimitWhatIsSeen) {
  PutFigures("releases/r",
             {Figure(1, "measures/m", "areas/county", v1::LOCAL_AUTHORITY, {"neglect"}),
              Figure(2, "measures/n", "areas/county", v1::LOCAL_AUTHORITY, {"neglect"}),
              Figure(3, "measures/m", "areas/other", v1::LOCAL_AUTHORITY, {"neglect"}),
              Figure(4, "measures/m", "areas/county", v1::LOCAL_AUTHORITY_DISTRICT, {"neglect"}),
              Figure(5, "measures/m", "areas/county", v1::LOCAL_AUTHORITY, {"exploitation"}),
              Figure(6, "measures/m", "areas/county", v1::LOCAL_AUTHORITY)});
  v1::Agreement::Scope scope;
  scope.add_releases("releases/r");
  scope.add_measures("measures/m");
  scope.add_areas("areas/county");
  scope.set_finest_geography(v1::LOCAL_AUTHORITY);
  EXPECT_THAT(Ordinals(Over(scope), "releases/r"), ElementsAre(1, 5, 6));
  scope.add_topics("neglect");
  EXPECT_THAT(Ordinals(Over(scope), "releases/r"), ElementsAre(1));
}

TEST_P(ObservationsTest, AReleaseOutOfScopeIsRefusedWhetherItExistsOrNot) {
  PutFigures("releases/r", {Figure(1, "measures/m", "areas/e", v1::NATIONAL)});
  v1::Agreement::Scope scope;
  scope.add_releases("releases/rr");
  scope.add_measures("measures/-");
  const auth::Grant grant = Over(scope);
  const auto never = [](const ObservationRow&) {
    ADD_FAILURE() << "a figure was shown";
    return false;
  };
  const absl::Status there = store_->ScanObservations(grant, "releases/r", -1, never);
  EXPECT_EQ(ReasonName(there), "OUT_OF_SCOPE");
  EXPECT_EQ(store_->ScanObservations(grant, "releases/none", -1, never), there);
}

TEST_P(ObservationsTest, AFrozenFigureIsNotWrittenOver) {
  PutFigures("releases/r", {Figure(1, "measures/m", "areas/e", v1::NATIONAL)});
  const auto batch = store_->BeginBatch();
  ASSERT_TRUE(batch.ok());
  ASSERT_TRUE((*batch)->BeginChange(kNoon).ok());
  EXPECT_FALSE((*batch)
                   ->transaction()
                   .PutObservations(everything_, "releases/r",
                                    {Figure(1, "measures/n", "areas/e", v1::NATIONAL)})
                   .ok());
}

// Batches.

TEST_P(StoreTest, ABatchThatIsNotCommittedLeavesNothing) {
  Put(Kind::kPlan, RowNamed("plans/a", "kept"));
  {
    const auto batch = store_->BeginBatch();
    ASSERT_TRUE(batch.ok());
    ASSERT_TRUE((*batch)->BeginChange(kNoon).ok());
    ASSERT_TRUE((*batch)->transaction().Put(everything_, Kind::kPlan, RowNamed("plans/a")).ok());
    ASSERT_TRUE((*batch)->KeepChange().ok());
    ASSERT_TRUE((*batch)->PutReply("c", "m", "id", {"digest", "reply"}, kNoon).ok());
    ASSERT_TRUE((*batch)->AppendAudit(0, {kNoon, "", ""}, "record").ok());
    ASSERT_TRUE((*batch)->MarkStreamOpen(0).ok());
  }
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a"), "kept");
  EXPECT_EQ(store_->ReadState()->revision, 1);
  EXPECT_EQ(store_->AuditSize().value(), 0);
  EXPECT_THAT(store_->OpenStreams().value(), IsEmpty());
  InBatch([](Batch& batch) { EXPECT_FALSE(batch.FindReply("c", "m", "id")->has_value()); });
}

TEST_P(StoreTest, NobodyElseSeesABatchBeforeItIsCommitted) {
  const auto batch = store_->BeginBatch();
  ASSERT_TRUE(batch.ok());
  ASSERT_TRUE((*batch)->BeginChange(kNoon).ok());
  Transaction& transaction = (*batch)->transaction();
  ASSERT_TRUE(transaction.Put(everything_, Kind::kPlan, RowNamed("plans/a")).ok());
  EXPECT_TRUE(transaction.Find(everything_, Kind::kPlan, "plans/a", transaction.Latest()).ok());
  ASSERT_TRUE((*batch)->KeepChange().ok());
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a", {1000}), "RESOURCE_NOT_FOUND");
  EXPECT_EQ(store_->ReadState()->revision, 0);
  ASSERT_TRUE((*batch)->Commit().ok());
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a"), "body");
}

TEST_P(StoreTest, AChangeOfABatchIsUndoneAlone) {
  InBatch([&](Batch& batch) {
    ASSERT_TRUE(batch.BeginChange(kNoon).ok());
    ASSERT_TRUE(batch.transaction().Put(everything_, Kind::kPlan, RowNamed("plans/a", "1")).ok());
    ASSERT_TRUE(batch.KeepChange().ok());
    ASSERT_TRUE(batch.AppendAudit(0, {kNoon, "", ""}, "first").ok());

    ASSERT_TRUE(batch.BeginChange(kNoon).ok());
    ASSERT_TRUE(batch.transaction().Put(everything_, Kind::kPlan, RowNamed("plans/a", "2")).ok());
    ASSERT_TRUE(batch.transaction().Put(everything_, Kind::kPlan, RowNamed("plans/b")).ok());
    ASSERT_TRUE(batch.UndoChange().ok());
    ASSERT_TRUE(batch.AppendAudit(1, {kNoon, "", ""}, "second").ok());

    ASSERT_TRUE(batch.BeginChange(kNoon).ok());
    EXPECT_EQ(batch.transaction().Put(everything_, Kind::kPlan, RowNamed("plans/a", "3")).value(),
              2);
    ASSERT_TRUE(batch.KeepChange().ok());
  });
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a"), "3");
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a", {1}), "1");
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/b"), "RESOURCE_NOT_FOUND");
  EXPECT_EQ(store_->ReadState()->revision, 2);
  EXPECT_EQ(store_->AuditSize().value(), 2);
}

TEST_P(StoreTest, LaterChangesOfABatchSeeTheEarlierOnes) {
  InBatch([&](Batch& batch) {
    ASSERT_TRUE(batch.BeginChange(kNoon).ok());
    ASSERT_TRUE(batch.transaction().Put(everything_, Kind::kPlan, RowNamed("plans/a")).ok());
    ASSERT_TRUE(batch.KeepChange().ok());
    ASSERT_TRUE(batch.BeginChange(kNoon).ok());
    Transaction& second = batch.transaction();
    EXPECT_TRUE(second.Find(everything_, Kind::kPlan, "plans/a", second.Latest()).ok());
    ASSERT_TRUE(batch.UndoChange().ok());
  });
}

TEST_P(StoreTest, OnlyKeptChangesOfWhatDecidesChangeThePolicy) {
  const auto changes_policy = [&](Kind kind, bool keep) {
    bool changed = false;
    InBatch([&](Batch& batch) {
      ASSERT_TRUE(batch.BeginChange(kNoon).ok());
      ASSERT_TRUE(batch.transaction().Put(everything_, kind, RowNamed("x", "")).ok());
      ASSERT_TRUE((keep ? batch.KeepChange() : batch.UndoChange()).ok());
      changed = batch.policy_changed();
    });
    return changed;
  };
  for (const Kind kind : {Kind::kAgency, Kind::kClient, Kind::kAgreement}) {
    EXPECT_TRUE(changes_policy(kind, true)) << KindName(kind);
    EXPECT_FALSE(changes_policy(kind, false)) << KindName(kind);
  }
  for (const Kind kind :
       {Kind::kArea, Kind::kPlan, Kind::kAction, Kind::kMeasure, Kind::kRelease}) {
    EXPECT_FALSE(changes_policy(kind, true)) << KindName(kind);
  }
}

TEST_P(StoreTest, CommitTimesRiseWhateverTheClockDoes) {
  Put(Kind::kPlan, RowNamed("plans/a"), kNoon);
  Put(Kind::kPlan, RowNamed("plans/b"), kNoon);
  Put(Kind::kPlan, RowNamed("plans/c"), kNoon - absl::Hours(1));
  Reopen();
  InBatch([&](Batch& batch) {
    for (const char* name : {"plans/d", "plans/e"}) {
      ASSERT_TRUE(batch.BeginChange(kNoon - absl::Hours(2)).ok());
      ASSERT_TRUE(batch.transaction().Put(everything_, Kind::kPlan, RowNamed(name)).ok());
      ASSERT_TRUE(batch.KeepChange().ok());
    }
  });
  Put(Kind::kPlan, RowNamed("plans/f"), kNoon + absl::Hours(1));
  std::vector<absl::Duration> after_noon;
  for (const char* name : {"plans/a", "plans/b", "plans/c", "plans/d", "plans/e", "plans/f"}) {
    after_noon.push_back(store_->Find(everything_, Kind::kPlan, name, Now())->committed - kNoon);
  }
  EXPECT_THAT(after_noon, ElementsAre(absl::ZeroDuration(), kTick, 2 * kTick, 3 * kTick, 4 * kTick,
                                      absl::Hours(1)));
}

TEST_P(StoreTest, TheCommitTimeIsToldWhileTheChangeIsMade) {
  Put(Kind::kPlan, RowNamed("plans/a"), kNoon);
  Commit(
      [&](Transaction& transaction) {
        EXPECT_EQ(transaction.CommitTime(), kNoon + kTick);
        ASSERT_TRUE(transaction.Put(everything_, Kind::kPlan, RowNamed("plans/b")).ok());
      },
      kNoon - absl::Hours(1));
  EXPECT_EQ(store_->ReadState()->last_change, kNoon + kTick);
}

TEST_P(StoreTest, AReadNeverSeesHalfAChange) {
  Put(Kind::kPlan, RowNamed("plans/a", "0"));
  Put(Kind::kPlan, RowNamed("plans/b", "0"));
  std::atomic<bool> done{false};
  std::atomic<int> scans{0};
  std::atomic<int> halves{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done.load()) {
        std::vector<std::string> bodies;
        const absl::Status scanned = store_->Scan(
            everything_, Kind::kPlan, {"", "", {1000000}, std::nullopt}, [&](const Row& row) {
              bodies.push_back(row.body);
              return true;
            });
        ++scans;
        if (!scanned.ok() || bodies.size() != 2 || bodies[0] != bodies[1]) ++halves;
      }
    });
  }
  for (int i = 1; i <= 50 || scans.load() < 20; ++i) {
    PutAll(Kind::kPlan,
           {RowNamed("plans/a", absl::StrCat(i)), RowNamed("plans/b", absl::StrCat(i))});
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(halves.load(), 0);
}

// What access is decided by, and who owns what.

TEST_P(StoreTest, ThePolicyIsWhatIsStoredNow) {
  v1::Agency agency;
  agency.set_name("agencies/police");
  v1::Client client;
  client.set_name("agencies/police/clients/feed");
  v1::Agreement agreement;
  agreement.set_name("agreements/a");
  PutAll(Kind::kAgency,
         {RowNamed(agency.name(), agency.SerializeAsString()), RowNamed("agencies/left", "")});
  PutAll(Kind::kClient, {RowNamed(client.name(), client.SerializeAsString())});
  PutAll(Kind::kAgreement, {RowNamed(agreement.name(), "")});
  PutAll(Kind::kAgreement, {RowNamed(agreement.name(), agreement.SerializeAsString())});
  PutAll(Kind::kAgency, {Removal("agencies/left")});

  const auto source = store_->ReadPolicy();
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ(source->revision, 5);
  ASSERT_THAT(source->agencies, SizeIs(1));
  EXPECT_EQ(source->agencies[0].name(), "agencies/police");
  ASSERT_THAT(source->clients, SizeIs(1));
  EXPECT_EQ(source->clients[0].name(), "agencies/police/clients/feed");
  ASSERT_THAT(source->agreements, SizeIs(1));
  EXPECT_EQ(source->agreements[0].name(), "agreements/a");
  EXPECT_EQ(source->agreements[0].version(), 2);
}

TEST_P(StoreTest, AnAccessRuleThatCannotBeReadIsNotLeftOut) {
  PutAll(Kind::kClient, {RowNamed("agencies/police/clients/feed", "\xff")});
  EXPECT_EQ(store_->ReadPolicy().status().code(), absl::StatusCode::kDataLoss);
}

TEST_P(StoreTest, PlansBelongToTheirCurrentOwner) {
  const auto owned_by = [](const std::string& name, const std::string& owner) {
    v1::Plan plan;
    plan.set_owner(owner);
    return RowNamed(name, plan.SerializeAsString());
  };
  PutAll(Kind::kPlan,
         {owned_by("plans/a", "agencies/police"), owned_by("plans/b", "agencies/board"),
          owned_by("plans/c", "agencies/police"), owned_by("plans/d", "agencies/police")});
  PutAll(Kind::kPlan, {owned_by("plans/a", "agencies/board"), Removal("plans/d")});
  EXPECT_THAT(store_->PlansOwnedBy("agencies/police").value(), UnorderedElementsAre("plans/c"));
  EXPECT_THAT(store_->PlansOwnedBy("agencies/board").value(),
              UnorderedElementsAre("plans/a", "plans/b"));
  EXPECT_THAT(store_->PlansOwnedBy("agencies/polic").value(), IsEmpty());
}

// Answers to request ids.

TEST_P(StoreTest, AReplyIsFoundByClientMethodAndRequestId) {
  const StoredReply reply = {std::string("\0digest", 7), std::string("\0reply", 6)};
  InBatch([&](Batch& batch) {
    EXPECT_FALSE(batch.FindReply("client", "method", "id")->has_value());
    ASSERT_TRUE(batch.PutReply("client", "method", "id", reply, kNoon).ok());
    EXPECT_TRUE(batch.FindReply("client", "method", "id")->has_value());
  });
  Reopen();
  InBatch([&](Batch& batch) {
    const auto found = batch.FindReply("client", "method", "id");
    ASSERT_TRUE(found.ok() && found->has_value());
    EXPECT_EQ((*found)->request_digest, reply.request_digest);
    EXPECT_EQ((*found)->reply, reply.reply);
    EXPECT_FALSE(batch.FindReply("other", "method", "id")->has_value());
    EXPECT_FALSE(batch.FindReply("client", "other", "id")->has_value());
    EXPECT_FALSE(batch.FindReply("client", "method", "other")->has_value());
  });
}

TEST_P(StoreTest, RepliesAreKeptThirtyDays) {
  const auto put_at = [&](const std::string& id, absl::Time now) {
    InBatch([&](Batch& batch) {
      ASSERT_TRUE(batch.PutReply("client", "method", id, {"digest", "reply"}, now).ok());
    });
  };
  const auto kept = [&](const std::string& id) {
    bool found = false;
    InBatch([&](Batch& batch) { found = batch.FindReply("client", "method", id)->has_value(); });
    return found;
  };
  put_at("a", kNoon);
  put_at("b", kNoon + absl::Hours(24 * 30));
  EXPECT_TRUE(kept("a"));
  put_at("c", kNoon + absl::Hours(24 * 30) + kTick);
  EXPECT_FALSE(kept("a"));
  EXPECT_TRUE(kept("b"));
  put_at("a", kNoon + absl::Hours(24 * 31));
  EXPECT_TRUE(kept("a"));
}

// The audit log.

TEST_P(StoreTest, AuditRecordsAreKeptByteForByteAndShownNewestFirst) {
  const std::string first("\0first\xff", 7);
  InBatch([&](Batch& batch) {
    ASSERT_TRUE(batch.AppendAudit(0, {kNoon, "agencies/police", "plans/a"}, first).ok());
    ASSERT_TRUE(batch.AppendAudit(1, {kNoon, "", ""}, "second").ok());
  });
  Reopen();
  EXPECT_EQ(store_->AuditSize().value(), 2);
  std::vector<std::pair<uint64_t, std::string>> rows;
  ASSERT_TRUE(store_
                  ->ScanAudit(auditor_, {},
                              [&](const AuditRow& row) {
                                rows.emplace_back(row.index, row.record);
                                return true;
                              })
                  .ok());
  EXPECT_THAT(rows, ElementsAre(Pair(1, "second"), Pair(0, first)));
}

TEST_P(StoreTest, NoAuditRecordIsWrittenOverAnother) {
  AppendRecords("", {"", ""});
  const auto batch = store_->BeginBatch();
  ASSERT_TRUE(batch.ok());
  EXPECT_FALSE((*batch)->AppendAudit(1, {kNoon, "", ""}, "another").ok());
}

TEST_P(StoreTest, AuditRangesAreBeforeAnIndexAndFromOneTimeToAnother) {
  AppendRecords("agencies/police", {"", "", "", "", ""});
  const auto at = [](int seconds) { return kNoon + absl::Seconds(seconds); };
  Store::AuditRange range;
  range.before = 3;
  EXPECT_THAT(Indexes(auditor_, range), ElementsAre(2, 1, 0));
  range.from = at(1);
  EXPECT_THAT(Indexes(auditor_, range), ElementsAre(2, 1));
  range.to = at(2);
  EXPECT_THAT(Indexes(auditor_, range), ElementsAre(1));
  range.before = UINT64_MAX;
  range.to = at(4);
  EXPECT_THAT(Indexes(auditor_, range), ElementsAre(3, 2, 1));
  range.before = 0;
  EXPECT_THAT(Indexes(auditor_, range), IsEmpty());
}

TEST_P(StoreTest, AnAgencySeesItsOwnRecordsAndThoseOfItsResources) {
  AppendRecords("agencies/police", {"plans/b"});
  AppendRecords("agencies/board", {"plans/a", "plans/a/actions/1", "plans/ab", "plans/b", ""});
  Store::AuditRange range;
  range.agency = "agencies/police";
  EXPECT_THAT(Indexes(police_, range), ElementsAre(0));
  range.resource_prefixes = {"plans/a"};
  EXPECT_THAT(Indexes(police_, range), ElementsAre(2, 1, 0));
}

TEST_P(StoreTest, OnlyAnAuditorSeesTheRecordsOfOthers) {
  AppendRecords("agencies/police", {""});
  AppendRecords("agencies/board", {""});
  const auto scan = [&](const auth::Grant& grant, const std::string& agency) {
    Store::AuditRange range;
    range.agency = agency;
    return store_->ScanAudit(grant, range, [](const AuditRow&) { return true; });
  };
  EXPECT_EQ(ReasonName(scan(police_, "")), "OUT_OF_SCOPE");
  EXPECT_EQ(ReasonName(scan(police_, "agencies/board")), "OUT_OF_SCOPE");
  EXPECT_EQ(ReasonName(scan(OfPolice(v1::AccessRule::ROLE, v1::ADMINISTRATOR), "")),
            "OUT_OF_SCOPE");
  EXPECT_TRUE(scan(police_, "agencies/police").ok());
  EXPECT_THAT(Indexes(auditor_, {}), ElementsAre(1, 0));
}

TEST_P(StoreTest, AnAuditScanStopsWhenItsVisitorHasEnough) {
  AppendRecords("agencies/police", {"", "", ""});
  int visited = 0;
  ASSERT_TRUE(store_->ScanAudit(auditor_, {}, [&](const AuditRow&) { return ++visited < 2; }).ok());
  EXPECT_EQ(visited, 2);
}

TEST_P(StoreTest, StreamsAreOpenUntilTheyEnd) {
  AppendRecords("agencies/police", {"", "", ""});
  InBatch([](Batch& batch) {
    ASSERT_TRUE(batch.MarkStreamOpen(2).ok());
    ASSERT_TRUE(batch.MarkStreamOpen(0).ok());
  });
  Reopen();
  auto open = store_->OpenStreams();
  ASSERT_TRUE(open.ok()) << open.status();
  ASSERT_THAT(*open, SizeIs(2));
  EXPECT_EQ((*open)[0].index, 0);
  EXPECT_EQ((*open)[0].record, "record 0");
  EXPECT_EQ((*open)[1].index, 2);
  InBatch([](Batch& batch) { ASSERT_TRUE(batch.MarkStreamEnded(0).ok()); });
  open = store_->OpenStreams();
  ASSERT_THAT(*open, SizeIs(1));
  EXPECT_EQ((*open)[0].index, 2);
}

// Life of a database.

TEST_P(StoreTest, EverythingIsThereAfterReopening) {
  Put(Kind::kPlan, RowNamed("plans/a"));
  Put(Kind::kPlan, Removal("plans/b"));
  AppendRecords("", {""});
  Reopen();
  EXPECT_EQ(BodyOf(Kind::kPlan, "plans/a"), "body");
  EXPECT_EQ(store_->ReadState()->revision, 2);
  EXPECT_EQ(store_->ReadState()->last_change, kNoon + kTick);
  EXPECT_EQ(store_->AuditSize().value(), 1);
  EXPECT_EQ(Put(Kind::kPlan, RowNamed("plans/a")), 2);
}

TEST_P(StoreTest, ThePageTokenKeyIsMadeOnceForEachDatabase) {
  const std::string key = store_->page_token_key();
  EXPECT_THAT(key, SizeIs(32));
  Reopen();
  EXPECT_EQ(store_->page_token_key(), key);
  const std::unique_ptr<Database> other = GetParam().make();
  EXPECT_NE((*other->Open())->page_token_key(), key);
}

TEST_P(StoreTest, OneProcessHasTheDatabase) {
  EXPECT_EQ(database_->Open().status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EXIT(
      {
        const absl::Status second = database_->Open().status();
        _exit(second.code() == absl::StatusCode::kFailedPrecondition ? 17 : 0);
      },
      ::testing::ExitedWithCode(17), "");
  Put(Kind::kPlan, RowNamed("plans/a"));
  store_.reset();
  EXPECT_TRUE(database_->Open().ok());
}

TEST_P(StoreTest, ADatabaseOfALaterVersionIsRefusedAndLeftAlone) {
  Put(Kind::kPlan, RowNamed("plans/a"));
  store_.reset();
  database_->PretendLaterVersion();
  const absl::Status refused = database_->Open().status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition) << refused;
  EXPECT_EQ(database_->Open().status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace concordat::store
