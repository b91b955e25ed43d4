// What every store promises of its reads: revisions, scans, scope and figures.
#include "server/store/store_test.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

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

// A store may answer a repeated read from memory.
TEST_P(StoreTest, ARepeatedReadSeesEachChange) {
  const std::string name = "plans/a/actions/1";
  Put(Kind::kAction, RowNamed(name, "first"));
  EXPECT_EQ(BodyOf(Kind::kAction, name), "first");
  EXPECT_EQ(BodyOf(Kind::kAction, name), "first");
  Put(Kind::kAction, RowNamed(name, "second"));
  EXPECT_EQ(BodyOf(Kind::kAction, name), "second");
  EXPECT_EQ(BodyOf(Kind::kAction, name, {1}), "first");
  // What is read at an earlier point is not taken for what is there now.
  EXPECT_EQ(BodyOf(Kind::kAction, name), "second");
  EXPECT_EQ(BodyOf(Kind::kAction, name, {2, kNoon}), "RESOURCE_NOT_FOUND");
  EXPECT_EQ(BodyOf(Kind::kPlan, name), "RESOURCE_NOT_FOUND");
  Put(Kind::kAction, Removal(name));
  EXPECT_EQ(BodyOf(Kind::kAction, name), "RESOURCE_NOT_FOUND");
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

TEST_P(StoreTest, ANameThatIsThePrefixItselfBelongsToIt) {
  PutAll(Kind::kPlan, {RowNamed("plans/a"), RowNamed("plans/ab"), RowNamed("plans/b")});
  const auto names = [&](const std::string& prefix, const std::string& after) {
    return Names(everything_, Kind::kPlan, {prefix, after, {}, std::nullopt});
  };
  EXPECT_THAT(names("plans/a", ""), ElementsAre("plans/a", "plans/ab"));
  EXPECT_THAT(names("plans/a", "plans/a"), ElementsAre("plans/ab"));
}

TEST_P(StoreTest, AScanAfterANameOutsideThePrefixStaysInside) {
  PutAll(Kind::kPlan, {RowNamed("plans/a"), RowNamed("plans/b"), RowNamed("plans/c")});
  const auto after = [&](const std::string& name) {
    return Names(everything_, Kind::kPlan, {"plans/b", name, {}, std::nullopt});
  };
  EXPECT_THAT(after("plans/"), ElementsAre("plans/b"));
  EXPECT_THAT(after("plans/a"), ElementsAre("plans/b"));
  EXPECT_THAT(after("plans/c"), IsEmpty());
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

// A store may answer a repeated read from memory.
TEST_P(StoreTest, WhatOneGrantHasReadIsStillOutOfTheScopeOfAnother) {
  PutAll(Kind::kAction, {ActionOn("plans/a/actions/1", {"neglect"})});
  const auto reason = [&](const auth::Grant& grant) {
    return ReasonName(store_->Find(grant, Kind::kAction, "plans/a/actions/1", Now()).status());
  };
  for (const auth::Grant& covering :
       {everything_, OverPlan("plans/a"), OverPlan("plans/a", "neglect"), OverPlan("plans/a")}) {
    EXPECT_TRUE(store_->Find(covering, Kind::kAction, "plans/a/actions/1", Now()).ok());
    EXPECT_EQ(reason(OverPlan("plans/b")), "OUT_OF_SCOPE");
    EXPECT_EQ(reason(OverPlan("plans/a", "exploitation")), "OUT_OF_SCOPE");
    EXPECT_EQ(reason(police_), "OUT_OF_SCOPE");
  }
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

TEST_P(StoreTest, UnderTopicLimitsARemovedThingIsAsOneThatNeverWas) {
  Row removal = Removal("plans/a/actions/1");
  removal.topics = {"neglect"};
  PutAll(Kind::kAction, {ActionOn("plans/a/actions/1", {"neglect"}), removal});
  EXPECT_EQ(
      ReasonName(
          store_->Find(OverPlan("plans/a", "neglect"), Kind::kAction, "plans/a/actions/1", Now())
              .status()),
      "OUT_OF_SCOPE");
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

// Whoever polls has to hear that it no longer sees what it saw.
TEST_P(StoreTest, ChangedSinceTellsOfWhatLeftTheGrantsTopics) {
  const std::string name = "plans/a/actions/1";
  const auth::Grant neglect = OverPlan("plans/a", "neglect");
  const auto seen = [&](const auth::Grant& grant, absl::Time since) {
    return Names(grant, Kind::kAction, {"", "", {}, since});
  };
  Put(Kind::kAction, ActionOn(name, {"neglect"}), kNoon);
  Put(Kind::kAction, ActionOn(name, {"exploitation"}), kNoon + absl::Hours(1));
  EXPECT_THAT(seen(neglect, kNoon + kTick), ElementsAre("-" + name));
  EXPECT_THAT(seen(OverPlan("plans/a"), kNoon + kTick), ElementsAre(name));
  EXPECT_THAT(seen(OverPlan("plans/b", "neglect"), kNoon + kTick), IsEmpty());
  EXPECT_THAT(Names(neglect, Kind::kAction, {}), IsEmpty());

  // Told once: what becomes of it outside is not the caller's to know.
  Put(Kind::kAction, ActionOn(name, {"exploitation"}), kNoon + absl::Hours(2));
  Put(Kind::kAction, Removal(name), kNoon + absl::Hours(3));
  EXPECT_THAT(seen(neglect, kNoon + absl::Hours(1) + kTick), IsEmpty());
  EXPECT_THAT(seen(neglect, kNoon + kTick), ElementsAre("-" + name));

  // Back, and gone again.
  Put(Kind::kAction, ActionOn(name, {"neglect"}), kNoon + absl::Hours(4));
  EXPECT_THAT(seen(neglect, kNoon + kTick), ElementsAre(name));
  Put(Kind::kAction, ActionOn(name, {}), kNoon + absl::Hours(5));
  EXPECT_THAT(seen(neglect, kNoon + absl::Hours(3) + kTick), ElementsAre("-" + name));
}

TEST_P(StoreTest, WhatLeftTheGrantsTopicsIsShownAsItWasWithinThem) {
  const std::string name = "plans/a/actions/1";
  Row inside = ActionOn(name, {"neglect"});
  inside.body = "inside";
  Row outside = ActionOn(name, {"exploitation"});
  outside.body = "outside";
  outside.recorded = kNoon + absl::Hours(1);
  Put(Kind::kAction, inside, kNoon);
  Put(Kind::kAction, outside, kNoon + absl::Hours(2));
  std::vector<Row> rows;
  ASSERT_TRUE(store_
                  ->Scan(OverPlan("plans/a", "neglect"), Kind::kAction,
                         {"", "", Now(), kNoon + kTick},
                         [&](const Row& row) {
                           rows.push_back(row);
                           return true;
                         })
                  .ok());
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_TRUE(rows[0].removed);
  EXPECT_EQ(rows[0].body, "inside");
  EXPECT_EQ(rows[0].topics, inside.topics);
  EXPECT_EQ(rows[0].revision, 1);
  EXPECT_EQ(rows[0].recorded, kNoon);
}

TEST_P(StoreTest, ChangedSinceSaysNothingOfWhatWasNeverInTheGrantsTopics) {
  const std::string name = "plans/a/actions/1";
  Put(Kind::kAction, ActionOn(name, {"exploitation"}), kNoon);
  Put(Kind::kAction, ActionOn(name, {}), kNoon + absl::Hours(1));
  Put(Kind::kAction, Removal(name), kNoon + absl::Hours(2));
  EXPECT_THAT(Names(OverPlan("plans/a", "neglect"), Kind::kAction, {"", "", {}, kNoon}), IsEmpty());
}

TEST_P(StoreTest, WhatLeftTheGrantsTopicsLeftThemForReadsThatKnowOfIt) {
  const std::string name = "plans/a/actions/1";
  Row outside = ActionOn(name, {"exploitation"});
  outside.recorded = kNoon + absl::Hours(1);
  Put(Kind::kAction, ActionOn(name, {"neglect"}), kNoon);
  Put(Kind::kAction, outside, kNoon + absl::Hours(2));
  const auto seen = [&](ReadPoint point) {
    return Names(OverPlan("plans/a", "neglect"), Kind::kAction, {"", "", point, kNoon});
  };
  EXPECT_THAT(seen({2, outside.recorded}), ElementsAre(name));
  EXPECT_THAT(seen({2, outside.recorded + kTick}), ElementsAre("-" + name));
  EXPECT_THAT(seen({1, outside.recorded + kTick}), ElementsAre(name));
  EXPECT_THAT(seen({2, kNoon}), IsEmpty());
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

TEST_P(ObservationsTest, AReleaseTakesOneSetOfFiguresAlone) {
  const auto put = [&](Transaction& transaction, const std::string& release, int64_t ordinal) {
    return transaction
        .PutObservations(everything_, release,
                         {Figure(ordinal, "measures/m", "areas/e", v1::NATIONAL)})
        .code();
  };
  PutFigures("releases/r", {Figure(1, "measures/m", "areas/e", v1::NATIONAL)});
  Commit([&](Transaction& transaction) {
    // The ordinal that is there, and one that is not.
    EXPECT_EQ(put(transaction, "releases/r", 1), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(put(transaction, "releases/r", 2), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(put(transaction, "releases/rr", 1), absl::StatusCode::kOk);
    EXPECT_EQ(put(transaction, "releases/rr", 2), absl::StatusCode::kFailedPrecondition);
  });
  EXPECT_THAT(Ordinals(everything_, "releases/r"), ElementsAre(1));
  EXPECT_THAT(Ordinals(everything_, "releases/rr"), ElementsAre(1));
}

}  // namespace
}  // namespace concordat::store
