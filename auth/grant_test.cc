#include "auth/grant.h"

#include <string>
#include <vector>

#include "auth/policy.h"
#include "auth/test_agreements.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::auth {
namespace {

using ::testing::SizeIs;

absl::Time At(absl::string_view instant) { return *ParseInstant(instant); }
google::type::Date Day(absl::string_view day) { return ToDate(*ParseDay(day)); }

v1::Agreement ActiveFrom2018() {
  v1::Agreement agreement = SharingPlansWith("agencies/police");
  *agreement.mutable_review_date() = Day("2018-12-31");
  return agreement;
}

// What the policy grants a reader of the police under `agreement`.
Grant GrantUnder(const v1::Agreement& agreement) {
  return auth::GrantUnder(agreement, "agencies/police", At("2018-06-01T12:00:00Z"));
}

Grant GrantByBasis(v1::AccessRule::Basis basis) {
  Principal principal;
  principal.agency = "agencies/police";
  principal.roles = {v1::COORDINATOR};
  v1::AccessRule rule = ReadingPlans(basis);
  if (basis == v1::AccessRule::ROLE) rule.add_roles(v1::COORDINATOR);
  return Policy({}).Authorise(principal, rule, {}, At("2018-06-01T12:00:00Z")).value();
}

TEST(NameSetTest, HoldsTheNamesListedAndNoOthers) {
  v1::Agreement::Scope scope;
  scope.add_plans("plans/a");
  const NameSet set(scope.plans(), "plans/-");
  EXPECT_TRUE(set.Contains("plans/a"));
  EXPECT_FALSE(set.Contains("plans/ab"));
  EXPECT_FALSE(set.Contains("plans/-"));
  EXPECT_FALSE(set.all());
  EXPECT_FALSE(set.empty());
}

TEST(NameSetTest, TheWildcardMeansAll) {
  v1::Agreement::Scope scope;
  scope.add_plans("plans/a");
  scope.add_plans("plans/-");
  const NameSet set(scope.plans(), "plans/-");
  EXPECT_TRUE(set.all());
  EXPECT_TRUE(set.Contains("plans/b"));
  EXPECT_TRUE(NameSet::All().Contains("plans/b"));
}

TEST(NameSetTest, WithoutNamesNothingIsHeld) {
  EXPECT_TRUE(NameSet().empty());
  EXPECT_FALSE(NameSet().Contains(""));
  EXPECT_FALSE(NameSet::All().empty());
}

TEST(CompiledAgreementTest, BeginsWithTheFirstLondonDay) {
  v1::Agreement agreement = ActiveFrom2018();
  // British Summer Time: the day begins at 23:00 UTC of the day before.
  *agreement.mutable_effective_from() = Day("2018-07-01");
  const CompiledAgreement compiled(agreement);
  EXPECT_FALSE(compiled.InForce(At("2018-06-30T22:59:59.999999Z")));
  EXPECT_TRUE(compiled.InForce(At("2018-06-30T23:00:00Z")));
}

TEST(CompiledAgreementTest, EndsWithTheEndOfTheLastLondonDay) {
  v1::Agreement agreement = ActiveFrom2018();
  // The clocks go back: this day has 25 hours.
  *agreement.mutable_effective_to() = Day("2018-10-28");
  const CompiledAgreement compiled(agreement);
  EXPECT_TRUE(compiled.InForce(At("2018-10-28T23:59:59.999999Z")));
  EXPECT_FALSE(compiled.InForce(At("2018-10-29T00:00:00Z")));
}

TEST(CompiledAgreementTest, WithoutALastDayItGoesOn) {
  EXPECT_TRUE(CompiledAgreement(ActiveFrom2018()).InForce(At("2099-01-01T00:00:00Z")));
}

TEST(CompiledAgreementTest, ALapsedReviewStopsItOnlyWhenItSaysSo) {
  v1::Agreement agreement = ActiveFrom2018();
  agreement.set_suspend_when_review_lapses(true);
  const CompiledAgreement stops(agreement);
  EXPECT_TRUE(stops.InForce(At("2018-12-31T23:59:59Z")));
  EXPECT_FALSE(stops.InForce(At("2019-01-01T00:00:00Z")));

  agreement.set_suspend_when_review_lapses(false);
  EXPECT_TRUE(CompiledAgreement(agreement).InForce(At("2019-01-01T00:00:00Z")));
}

TEST(CompiledAgreementTest, TheEarlierOfReviewAndEndStopsIt) {
  v1::Agreement agreement = ActiveFrom2018();
  agreement.set_suspend_when_review_lapses(true);
  *agreement.mutable_effective_to() = Day("2018-06-30");
  EXPECT_FALSE(CompiledAgreement(agreement).InForce(At("2018-07-15T00:00:00Z")));
}

TEST(CompiledAgreementTest, OnlyAnApprovedOrActiveOneIsInForce) {
  for (int state = v1::Agreement::State_MIN; state <= v1::Agreement::State_MAX; ++state) {
    v1::Agreement agreement = ActiveFrom2018();
    agreement.set_state(static_cast<v1::Agreement::State>(state));
    EXPECT_EQ(CompiledAgreement(agreement).InForce(At("2018-06-01T00:00:00Z")),
              state == v1::Agreement::ACTIVE || state == v1::Agreement::APPROVED)
        << v1::Agreement::State_Name(static_cast<v1::Agreement::State>(state));
  }
}

TEST(CompiledAgreementTest, AnApprovedOneBecomesActiveOnItsFirstDayInLondon) {
  v1::Agreement agreement = ActiveFrom2018();
  agreement.set_state(v1::Agreement::APPROVED);
  *agreement.mutable_effective_from() = Day("2018-06-01");
  const CompiledAgreement compiled(agreement);
  const absl::Time first = At("2018-05-31T23:00:00Z");
  EXPECT_EQ(StateAt(agreement, first - absl::Microseconds(1)), v1::Agreement::APPROVED);
  EXPECT_FALSE(compiled.InForce(first - absl::Microseconds(1)));
  EXPECT_EQ(StateAt(agreement, first), v1::Agreement::ACTIVE);
  EXPECT_TRUE(compiled.InForce(first));
  agreement.set_state(v1::Agreement::SUSPENDED);
  EXPECT_EQ(StateAt(agreement, first), v1::Agreement::SUSPENDED);
}

TEST(TermsDigestTest, IsTheSameThroughTheWholeLifeAndAnotherForOtherTerms) {
  const v1::Agreement draft = ActiveFrom2018();
  v1::Agreement later = draft;
  later.set_state(v1::Agreement::SUSPENDED);
  later.add_approvals()->set_body("Board");
  later.add_recorded_approvals()->set_agency("agencies/police");
  later.mutable_last_act()->set_reason("a breach is looked into");
  later.set_version(7);
  later.set_days_until_review(3);
  later.set_review_warning(v1::Agreement::WITHIN_30_DAYS);
  EXPECT_EQ(TermsDigest(later), TermsDigest(draft));
  EXPECT_NE(AgreementDigest(later), AgreementDigest(draft));

  v1::Agreement other = draft;
  other.set_retention("one year more");
  EXPECT_NE(TermsDigest(other), TermsDigest(draft));
}

TEST(CompiledAgreementTest, ADateThatCannotBeReadLeavesItOutOfForce) {
  const absl::Time now = At("2018-06-01T00:00:00Z");
  v1::Agreement no_start = ActiveFrom2018();
  no_start.clear_effective_from();
  EXPECT_FALSE(CompiledAgreement(no_start).InForce(now));

  v1::Agreement bad_end = ActiveFrom2018();
  bad_end.mutable_effective_to()->set_year(2019);
  EXPECT_FALSE(CompiledAgreement(bad_end).InForce(now));

  v1::Agreement no_review = ActiveFrom2018();
  no_review.set_suspend_when_review_lapses(true);
  no_review.clear_review_date();
  EXPECT_FALSE(CompiledAgreement(no_review).InForce(now));
}

TEST(AgreementDigestTest, IsTheSameForTheSameFields) {
  EXPECT_EQ(AgreementDigest(ActiveFrom2018()), AgreementDigest(ActiveFrom2018()));
  EXPECT_THAT(AgreementDigest(ActiveFrom2018()), SizeIs(32));
}

TEST(AgreementDigestTest, LeavesOutWhatTheServerSets) {
  v1::Agreement agreement = ActiveFrom2018();
  agreement.set_version(7);
  agreement.set_digest("00");
  agreement.set_etag("7");
  agreement.mutable_recorded_time()->set_seconds(1);
  agreement.set_in_force(true);
  EXPECT_EQ(AgreementDigest(agreement), AgreementDigest(ActiveFrom2018()));
}

TEST(AgreementDigestTest, ChangesWithAnyTermOfTheAgreement) {
  const std::string before = AgreementDigest(ActiveFrom2018());
  v1::Agreement purpose = ActiveFrom2018();
  purpose.add_purposes("audit");
  EXPECT_NE(AgreementDigest(purpose), before);
  v1::Agreement scope = ActiveFrom2018();
  scope.mutable_scope()->add_plans("plans/b");
  EXPECT_NE(AgreementDigest(scope), before);
  v1::Agreement words = ActiveFrom2018();
  words.set_retention("seven years");
  EXPECT_NE(AgreementDigest(words), before);
}

TEST(GrantTest, CoversWhatItsAgreementNames) {
  v1::Agreement agreement = ActiveFrom2018();
  agreement.mutable_scope()->add_plans("plans/a");
  agreement.mutable_scope()->add_measures("measures/m");
  agreement.mutable_scope()->add_releases("releases/-");
  const Grant grant = GrantUnder(agreement);
  EXPECT_TRUE(grant.CoversPlan("plans/a"));
  EXPECT_FALSE(grant.CoversPlan("plans/b"));
  EXPECT_TRUE(grant.CoversMeasure("measures/m"));
  EXPECT_FALSE(grant.CoversMeasure("measures/n"));
  EXPECT_TRUE(grant.CoversRelease("releases/r"));
  EXPECT_TRUE(grant.CoversDirectory());
  EXPECT_EQ(grant.agency(), "agencies/police");
  EXPECT_EQ(grant.purpose(), "oversight");
}

TEST(GrantTest, WhatAnAgreementDoesNotNameIsNotCovered) {
  const Grant grant = GrantUnder(ActiveFrom2018());
  EXPECT_FALSE(grant.CoversPlan("plans/a"));
  EXPECT_FALSE(grant.CoversMeasure("measures/m"));
  EXPECT_FALSE(grant.CoversRelease("releases/r"));
  EXPECT_FALSE(grant.CoversArea("areas/e", v1::NATIONAL));
}

TEST(GrantTest, AreasAreCoveredByNameAndNoFinerThanAgreed) {
  v1::Agreement agreement = ActiveFrom2018();
  agreement.mutable_scope()->add_areas("areas/county");
  agreement.mutable_scope()->set_finest_geography(v1::LOCAL_AUTHORITY);
  const Grant grant = GrantUnder(agreement);
  EXPECT_TRUE(grant.CoversArea("areas/county", v1::NATIONAL));
  EXPECT_TRUE(grant.CoversArea("areas/county", v1::LOCAL_AUTHORITY));
  EXPECT_FALSE(grant.CoversArea("areas/county", v1::LOCAL_AUTHORITY_DISTRICT));
  EXPECT_FALSE(grant.CoversArea("areas/other", v1::LOCAL_AUTHORITY));
}

TEST(GrantTest, WithoutAFinestGeographyNoFigureIsCovered) {
  v1::Agreement agreement = ActiveFrom2018();
  agreement.mutable_scope()->add_areas("areas/-");
  EXPECT_FALSE(GrantUnder(agreement).CoversArea("areas/england", v1::NATIONAL));
}

// Zero is below every level, and so would pass for the coarsest.
TEST(GrantTest, AFigureWithoutALevelIsNotCovered) {
  v1::Agreement agreement = ActiveFrom2018();
  agreement.mutable_scope()->add_areas("areas/-");
  EXPECT_FALSE(GrantUnder(agreement).CoversArea("areas/england", v1::GEOGRAPHIC_LEVEL_UNSPECIFIED));
  agreement.mutable_scope()->set_finest_geography(v1::LOCAL_AUTHORITY);
  EXPECT_FALSE(GrantUnder(agreement).CoversArea("areas/england", v1::GEOGRAPHIC_LEVEL_UNSPECIFIED));
}

TEST(GrantTest, TopicsLimitOnlyWhenAnyIsNamed) {
  const std::vector<std::string> none;
  const std::vector<std::string> other = {"exploitation"};
  const std::vector<std::string> both = {"exploitation", "neglect"};
  const Grant all = GrantUnder(ActiveFrom2018());
  EXPECT_FALSE(all.limits_topics());
  EXPECT_TRUE(all.CoversTopics(none));
  EXPECT_TRUE(all.CoversTopics(other));

  v1::Agreement agreement = ActiveFrom2018();
  agreement.mutable_scope()->add_topics("neglect");
  const Grant limited = GrantUnder(agreement);
  EXPECT_TRUE(limited.limits_topics());
  EXPECT_FALSE(limited.CoversTopics(none));
  EXPECT_FALSE(limited.CoversTopics(other));
  EXPECT_TRUE(limited.CoversTopics(both));
}

TEST(GrantTest, ARoleOpensTheWholeStoreAndSelfNothingOfIt) {
  const std::vector<std::string> none;
  const Grant role = GrantByBasis(v1::AccessRule::ROLE);
  EXPECT_TRUE(role.CoversPlan("plans/a"));
  EXPECT_TRUE(role.CoversMeasure("measures/m"));
  EXPECT_TRUE(role.CoversRelease("releases/r"));
  EXPECT_TRUE(role.CoversArea("areas/e", v1::LOCAL_AUTHORITY_DISTRICT));
  EXPECT_TRUE(role.CoversDirectory());
  EXPECT_TRUE(role.CoversAreas());
  EXPECT_TRUE(role.CoversTopics(none));

  const Grant self = GrantByBasis(v1::AccessRule::SELF);
  EXPECT_FALSE(self.CoversPlan("plans/a"));
  EXPECT_FALSE(self.CoversMeasure("measures/m"));
  EXPECT_FALSE(self.CoversRelease("releases/r"));
  EXPECT_FALSE(self.CoversArea("areas/e", v1::NATIONAL));
  EXPECT_FALSE(self.CoversDirectory());
  EXPECT_FALSE(self.CoversAreas());
}

TEST(GrantTest, OutOfScopeNamesTheAgreementAndNothingElse) {
  const absl::Status status = GrantUnder(ActiveFrom2018()).OutOfScope();
  EXPECT_EQ(ReasonOf(status), v1::OUT_OF_SCOPE);
  const auto info = PayloadOf<google::rpc::ErrorInfo>(status);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->metadata().at("agreement"), "agreements/a");
  EXPECT_EQ(info->metadata_size(), 1);
}

// Policies come and go; a grant of an old one is still read.
TEST(GrantTest, OutlivesThePolicyThatMadeIt) {
  const Grant grant = GrantUnder(ActiveFrom2018());
  ASSERT_NE(grant.agreement(), nullptr);
  EXPECT_EQ(grant.agreement()->message.name(), "agreements/a");
}

}  // namespace
}  // namespace concordat::auth
