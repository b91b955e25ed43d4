// Parties that suspend what they contribute to an agreement.
#include <string>

#include "auth/policy.h"
#include "auth/test_agreements.h"
#include "base/status.h"
#include "gtest/gtest.h"

namespace concordat::auth {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1543579200);  // 2018-11-30T12:00:00Z

// The board's agreement over all plans, of which the council suspended its own.
Policy::Source WithoutTheCouncils() {
  v1::Agreement agreement = SharingPlansWith("agencies/board");
  v1::Agreement::Party& council = *agreement.add_parties();
  council.set_agency("agencies/council");
  council.set_receives(true);
  agreement.mutable_scope()->add_plans("plans/-");
  agreement.add_withholdings()->set_agency("agencies/council");
  Policy::Source source;
  source.agreements.push_back(agreement);
  source.contributions = {{"plans/councils", "agencies/council"},
                          {"plans/boards", "agencies/board"},
                          {"plans/damaged", ""}};
  return source;
}

// Why a reader of the agency may not read the resource; nothing when it may.
std::string Refusal(const Policy& policy, const std::string& agency, const std::string& resource) {
  const auto grant = ReadPlansAs(policy, agency, resource, kNoon);
  return grant.ok() ? "" : v1::ErrorReason_Name(ReasonOf(grant.status()));
}

TEST(WithholdingTest, WhatAPartySuspendedOfItsOwnIsOutsideToAllButItself) {
  const Policy policy(WithoutTheCouncils());
  EXPECT_EQ(Refusal(policy, "agencies/board", "plans/councils"), "OUT_OF_SCOPE");
  EXPECT_EQ(Refusal(policy, "agencies/board", "plans/councils/actions/1"), "OUT_OF_SCOPE");
  EXPECT_EQ(Refusal(policy, "agencies/board", "plans/boards"), "");
  EXPECT_EQ(Refusal(policy, "agencies/council", "plans/councils"), "");
}

TEST(WithholdingTest, WhatNobodyIsKnownToOwnIsOutsideToo) {
  const Policy policy(WithoutTheCouncils());
  EXPECT_EQ(Refusal(policy, "agencies/board", "plans/damaged"), "OUT_OF_SCOPE");
}

TEST(WithholdingTest, AllPlansAreThenAPartOfThem) {
  const Policy policy(WithoutTheCouncils());
  EXPECT_EQ(Refusal(policy, "agencies/board", "plans/-"), "");
  EXPECT_EQ(CoverageOf(*policy.agreements().at(0), "agencies/board", "plans/-"), Coverage::kPart);
}

TEST(WithholdingTest, TheDigestOfThePolicyCoversWhoseThingsAre) {
  Policy::Source source = WithoutTheCouncils();
  const std::string before = Policy(source).digest();
  source.contributions["plans/boards"] = "agencies/council";
  EXPECT_NE(Policy(source).digest(), before);
}

}  // namespace
}  // namespace concordat::auth
