#include "server/services/apply.h"

#include <string>
#include <vector>

#include "concordat/v1/plan.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/services/service_test.h"

namespace concordat::services {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

v1::Plan SomePlan() {
  v1::Plan plan;
  plan.set_name("plans/p");
  plan.set_display_name("A plan");
  plan.set_owner("agencies/board");
  for (const char* id : {"1", "2"}) {
    v1::Plan::Theme& theme = *plan.add_themes();
    theme.set_id(id);
    theme.add_objectives()->set_id("1.1");
  }
  return plan;
}

class ApplyTest : public ServiceTest {
 protected:
  // Applies a plan; what was done is in changes_ and revision_.
  void Apply(const v1::Plan& plan, bool always = false,
             const std::vector<std::string>& topics = {}) {
    Commit([&](store::Transaction& transaction) {
      changes_.Clear();
      const auto revision =
          ApplyResource(transaction, grant_, store::Kind::kPlan, plan.name(), plan, topics,
                        {kNoon - absl::Hours(1), true}, changes_, always);
      ASSERT_TRUE(revision.ok()) << revision.status();
      revision_ = *revision;
    });
  }
  // The fields that the only change names.
  std::vector<std::string> ChangedFields() const {
    if (changes_.size() != 1) return {"not one change"};
    return {changes_[0].fields().begin(), changes_[0].fields().end()};
  }
  store::Row Stored() const {
    return store_->Find(grant_, store::Kind::kPlan, "plans/p", {store_->ReadState()->revision})
        .value();
  }

  Changes changes_;
  int64_t revision_ = 0;
};

TEST_F(ApplyTest, WhatIsNotThereIsAdded) {
  Apply(SomePlan(), false, {"neglect"});
  ASSERT_THAT(changes_, SizeIs(1));
  EXPECT_EQ(changes_[0].name(), "plans/p");
  EXPECT_EQ(changes_[0].kind(), v1::Change::ADDED);
  EXPECT_THAT(changes_[0].fields(), IsEmpty());
  EXPECT_EQ(revision_, 1);
  const store::Row row = Stored();
  EXPECT_EQ(row.body, StoredBytes(SomePlan()));
  EXPECT_THAT(row.topics, ElementsAre("neglect"));
  EXPECT_EQ(row.recorded, kNoon - absl::Hours(1));
  EXPECT_TRUE(row.imported);
}

TEST_F(ApplyTest, TheSameAgainChangesNothing) {
  Apply(SomePlan());
  Apply(SomePlan());
  EXPECT_THAT(changes_, IsEmpty());
  EXPECT_EQ(revision_, 1);
  EXPECT_EQ(Stored().revision, 1);
  EXPECT_EQ(store_->ReadState()->revision, 1);
}

TEST_F(ApplyTest, TheSameAgainIsANewRevisionWhenAskedForAndNoChange) {
  Apply(SomePlan());
  Apply(SomePlan(), /*always=*/true);
  EXPECT_THAT(changes_, IsEmpty());
  EXPECT_EQ(revision_, 2);
  EXPECT_EQ(Stored().revision, 2);
}

TEST_F(ApplyTest, ARevisionNamesTheFieldsThatDiffer) {
  Apply(SomePlan());
  v1::Plan plan = SomePlan();
  plan.set_display_name("Another title");
  plan.set_kind(v1::Plan::STRATEGY);
  plan.clear_owner();
  Apply(plan);
  ASSERT_THAT(changes_, SizeIs(1));
  EXPECT_EQ(changes_[0].kind(), v1::Change::REVISED);
  EXPECT_THAT(ChangedFields(), UnorderedElementsAre("display_name", "kind", "owner"));
  EXPECT_EQ(revision_, 2);
  EXPECT_EQ(Stored().body, StoredBytes(plan));
}

TEST_F(ApplyTest, AFieldThatDiffersInManyPlacesIsNamedOnce) {
  Apply(SomePlan());
  v1::Plan plan = SomePlan();
  plan.mutable_themes(0)->set_display_name("Theme 1");
  plan.mutable_themes(1)->mutable_objectives(0)->set_id("2.1");
  plan.add_themes()->set_id("3");
  Apply(plan);
  EXPECT_THAT(ChangedFields(), ElementsAre("themes"));
}

TEST_F(ApplyTest, OrderMatters) {
  Apply(SomePlan());
  v1::Plan plan = SomePlan();
  plan.mutable_themes()->SwapElements(0, 1);
  Apply(plan);
  EXPECT_THAT(ChangedFields(), ElementsAre("themes"));
}

TEST_F(ApplyTest, AMessageThatIsSetAndEmptyDiffersFromOneThatIsNot) {
  Apply(SomePlan());
  v1::Plan plan = SomePlan();
  plan.mutable_document_date();
  Apply(plan);
  EXPECT_THAT(ChangedFields(), ElementsAre("document_date"));
}

TEST_F(ApplyTest, WhatWasRemovedIsAddedAgainWithTheNextRevision) {
  Apply(SomePlan());
  Commit([&](store::Transaction& transaction) {
    store::Row removal;
    removal.name = "plans/p";
    removal.recorded = kNoon - absl::Hours(1);
    removal.removed = true;
    ASSERT_TRUE(transaction.Put(grant_, store::Kind::kPlan, removal).ok());
  });
  Apply(SomePlan());
  ASSERT_THAT(changes_, SizeIs(1));
  EXPECT_EQ(changes_[0].kind(), v1::Change::ADDED);
  EXPECT_EQ(revision_, 3);
}

TEST_F(ApplyTest, ASecondChangeOfOneRequestSeesTheFirst) {
  Commit([&](store::Transaction& transaction) {
    for (int round = 0; round < 2; ++round) {
      ASSERT_TRUE(ApplyResource(transaction, grant_, store::Kind::kPlan, "plans/p", SomePlan(), {},
                                {kNoon, false}, changes_)
                      .ok());
    }
    EXPECT_EQ(Current<v1::Plan>(transaction, grant_, store::Kind::kPlan, "plans/p")->display_name(),
              "A plan");
  });
  EXPECT_THAT(changes_, SizeIs(1));
}

TEST_F(ApplyTest, WhatTheGrantDoesNotCoverIsRefused) {
  auth::Principal principal;
  v1::AccessRule rule;
  rule.set_basis(v1::AccessRule::SELF);
  const auth::Grant self = auth::Policy({}).Authorise(principal, rule, {}, kNoon).value();
  Commit([&](store::Transaction& transaction) {
    const absl::Status status = ApplyResource(transaction, self, store::Kind::kPlan, "plans/p",
                                              SomePlan(), {}, {kNoon, false}, changes_)
                                    .status();
    EXPECT_EQ(ReasonOf(status), v1::OUT_OF_SCOPE);
    EXPECT_EQ(ReasonOf(Exists(transaction, self, store::Kind::kPlan, "plans/p").status()),
              v1::OUT_OF_SCOPE);
  });
  EXPECT_THAT(changes_, IsEmpty());
}

TEST_F(ApplyTest, ExistenceAndTheCurrentMessageAreOfTheNewestRevision) {
  Commit([&](store::Transaction& transaction) {
    EXPECT_FALSE(Exists(transaction, grant_, store::Kind::kPlan, "plans/p").value());
    EXPECT_EQ(
        ReasonOf(Current<v1::Plan>(transaction, grant_, store::Kind::kPlan, "plans/p").status()),
        v1::RESOURCE_NOT_FOUND);
  });
  Apply(SomePlan());
  v1::Plan plan = SomePlan();
  plan.set_display_name("Newer");
  Apply(plan);
  Commit([&](store::Transaction& transaction) {
    EXPECT_TRUE(Exists(transaction, grant_, store::Kind::kPlan, "plans/p").value());
    EXPECT_EQ(Current<v1::Plan>(transaction, grant_, store::Kind::kPlan, "plans/p")->display_name(),
              "Newer");
  });
}

TEST_F(ApplyTest, AStoredMessageThatCannotBeReadIsDataLoss) {
  Commit([&](store::Transaction& transaction) {
    store::Row row;
    row.name = "plans/p";
    row.body = "\xff";
    ASSERT_TRUE(transaction.Put(grant_, store::Kind::kPlan, row).ok());
    EXPECT_EQ(Current<v1::Plan>(transaction, grant_, store::Kind::kPlan, "plans/p").status().code(),
              absl::StatusCode::kDataLoss);
    EXPECT_EQ(ApplyResource(transaction, grant_, store::Kind::kPlan, "plans/p", SomePlan(), {},
                            {kNoon, false}, changes_)
                  .status()
                  .code(),
              absl::StatusCode::kDataLoss);
  });
}

TEST(CheckEtagTest, AnEtagThatWasNotSentOrIsTheStoredOnePasses) {
  EXPECT_TRUE(CheckEtag("", "7").ok());
  EXPECT_TRUE(CheckEtag("7", "7").ok());
  EXPECT_EQ(ReasonOf(CheckEtag("6", "7")), v1::ETAG_MISMATCH);
  EXPECT_EQ(ReasonOf(CheckEtag("7", "")), v1::ETAG_MISMATCH);
}

TEST(FromViolationsTest, NoViolationIsOk) {
  EXPECT_TRUE(FromViolations({}).ok());
  EXPECT_EQ(ReasonOf(FromViolations({{"plan.name", "is required"}})), v1::FIELDS_INVALID);
}

}  // namespace
}  // namespace concordat::services
