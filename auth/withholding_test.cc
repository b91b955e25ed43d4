// Parties that suspend what they contribute to an agreement.
#include <string>

#include "absl/time/civil_time.h"
#include "auth/grant.h"
#include "auth/policy.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "gtest/gtest.h"

namespace concordat::auth {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1543579200);  // 2018-11-30T12:00:00Z

// The board's agreement over all plans, of which the council suspended its own.
Policy::Source WithoutTheCouncils() {
  v1::Agreement agreement;
  agreement.set_name("agreements/a");
  agreement.set_state(v1::Agreement::ACTIVE);
  *agreement.mutable_effective_from() = ToDate(absl::CivilDay(2018, 1, 1));
  for (const char* agency : {"agencies/board", "agencies/council"}) {
    agreement.add_parties()->set_agency(agency);
    agreement.mutable_parties()->rbegin()->set_receives(true);
  }
  agreement.add_purposes("oversight");
  agreement.add_roles(v1::READER);
  agreement.mutable_scope()->add_data_sets(v1::PLANS);
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
  Principal principal;
  principal.agency = agency;
  principal.roles = {v1::READER};
  v1::AccessRule rule;
  rule.set_basis(v1::AccessRule::AGREEMENT);
  rule.set_data_set(v1::PLANS);
  rule.set_permission(v1::AccessRule::READ);
  RequestFacts facts;
  facts.purpose = "oversight";
  facts.resource = resource;
  const auto grant = policy.Authorise(principal, rule, facts, kNoon);
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
