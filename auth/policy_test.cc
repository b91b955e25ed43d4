#include "auth/policy.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "auth/test_agreements.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::auth {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr char kPolice[] = "agencies/police";
constexpr char kFeed[] = "agencies/police/clients/feed";
const absl::Time kNow = absl::FromUnixSeconds(1543568400);  // 2018-11-30T09:00:00Z

absl::Time At(absl::string_view instant) { return *ParseInstant(instant); }
google::type::Date Day(absl::string_view day) { return ToDate(*ParseDay(day)); }

v1::Agency AgencyNamed(const std::string& name) {
  v1::Agency agency;
  agency.set_name(name);
  agency.set_display_name("The agency");
  return agency;
}

v1::Client ClientNamed(const std::string& name, const std::string& identity) {
  v1::Client client;
  client.set_name(name);
  client.set_display_name("The client");
  client.add_roles(v1::READER);
  client.add_certificate_identities(identity);
  return client;
}

// In force in 2018 and 2019; lets readers of the police see all plans, for
// oversight.
v1::Agreement AgreementNamed(const std::string& id) {
  v1::Agreement agreement = SharingPlansWith(kPolice);
  agreement.set_name(absl::StrCat("agreements/", id));
  *agreement.mutable_effective_to() = Day("2019-12-31");
  agreement.mutable_scope()->add_plans("plans/-");
  return agreement;
}

v1::Agreement AgreementOnPlan(const std::string& id, const std::string& plan) {
  v1::Agreement agreement = AgreementNamed(id);
  agreement.mutable_scope()->clear_plans();
  agreement.mutable_scope()->add_plans(plan);
  return agreement;
}

// One agency, one client, and the agreements given.
Policy::Source SourceWith(std::vector<v1::Agreement> agreements) {
  Policy::Source source;
  source.revision = 3;
  source.agencies.push_back(AgencyNamed(kPolice));
  source.clients.push_back(ClientNamed(kFeed, "uri:urn:feed"));
  source.agreements = std::move(agreements);
  return source;
}

std::shared_ptr<const Certificate> CertificateWith(std::vector<std::string> identities) {
  auto certificate = std::make_shared<Certificate>();
  certificate->sha256 = std::string(32, '\x11');
  certificate->not_before = At("2018-01-01T00:00:00Z");
  certificate->not_after = At("2030-01-01T00:00:00Z");
  certificate->identities = std::move(identities);
  return certificate;
}

v1::AccessRule PlansRule() {
  v1::AccessRule rule;
  rule.set_basis(v1::AccessRule::AGREEMENT);
  rule.set_data_set(v1::PLANS);
  rule.set_permission(v1::AccessRule::READ);
  return rule;
}

v1::AccessRule SelfRule(v1::DataSet data_set) {
  v1::AccessRule rule;
  rule.set_basis(v1::AccessRule::SELF);
  rule.set_data_set(data_set);
  rule.set_permission(v1::AccessRule::READ);
  return rule;
}

RequestFacts About(const std::string& resource) {
  RequestFacts facts;
  facts.purpose = "oversight";
  facts.resource = resource;
  return facts;
}

std::shared_ptr<const Principal> Feed(const Policy& policy, absl::Time now = kNow) {
  return policy.Identify(CertificateWith({"uri:urn:feed"}), now).value();
}

// The identifier of the agreement that decides, or the name of the refusal.
std::string Decide(const Policy& policy, const RequestFacts& facts, absl::Time now = kNow) {
  const auto grant = policy.Authorise(*Feed(policy), PlansRule(), facts, now);
  if (!grant.ok()) return v1::ErrorReason_Name(ReasonOf(grant.status()));
  return grant->agreement()->message.name();
}

std::string ReasonName(const absl::Status& status) {
  return v1::ErrorReason_Name(ReasonOf(status));
}

std::shared_ptr<const AccessToken> TokenOf(const std::string& client_id) {
  auto token = std::make_shared<AccessToken>();
  token->issuer = "https://login.example.org";
  token->client_id = client_id;
  token->expires = kNow + absl::Minutes(15);
  return token;
}

void AddTokenIdentity(v1::Client& client, const std::string& client_id) {
  v1::Client::TokenIdentity& identity = *client.add_token_identities();
  identity.set_issuer("https://login.example.org");
  identity.set_client_id(client_id);
}

// Who is it?

TEST(IdentifyTest, ACertificateOfTheDirectoryIsItsClient) {
  v1::Client client = ClientNamed(kFeed, "uri:urn:feed");
  client.set_default_purpose("oversight");
  Policy::Source source = SourceWith({});
  source.clients = {client};
  const Policy policy(source);
  const auto certificate = CertificateWith({"sha256:00", "uri:urn:feed"});

  const auto principal = policy.Identify(certificate, kNow);
  ASSERT_TRUE(principal.ok()) << principal.status();
  EXPECT_EQ((*principal)->client, kFeed);
  EXPECT_EQ((*principal)->agency, kPolice);
  EXPECT_EQ((*principal)->display_name, "The client");
  EXPECT_EQ((*principal)->agency_display_name, "The agency");
  EXPECT_THAT((*principal)->roles, ElementsAre(v1::READER));
  EXPECT_EQ((*principal)->default_purpose, "oversight");
  EXPECT_EQ((*principal)->certificate_identity, "uri:urn:feed");
  EXPECT_EQ((*principal)->certificate, certificate);
}

TEST(IdentifyTest, AnUnknownCertificateIsRefusedWithItsFingerprint) {
  const absl::Status status =
      Policy(SourceWith({})).Identify(CertificateWith({"uri:urn:stranger"}), kNow).status();
  EXPECT_EQ(ReasonOf(status), v1::CLIENT_UNKNOWN);
  const auto info = PayloadOf<google::rpc::ErrorInfo>(status);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->metadata().at("certificate_sha256").substr(0, 4), "1111");
}

TEST(IdentifyTest, NamesOfTwoClientsAreAmbiguous) {
  Policy::Source source = SourceWith({});
  source.clients.push_back(ClientNamed("agencies/police/clients/other", "dns:other.example.org"));
  const Policy policy(source);
  EXPECT_EQ(
      ReasonName(policy.Identify(CertificateWith({"uri:urn:feed", "dns:other.example.org"}), kNow)
                     .status()),
      "CERTIFICATE_AMBIGUOUS");
}

TEST(IdentifyTest, ANameThatTwoClientsShareIsAmbiguousWhicheverCameFirst) {
  Policy::Source source = SourceWith({});
  source.clients.push_back(ClientNamed("agencies/police/clients/other", "uri:urn:feed"));
  source.clients[1].add_certificate_identities("uri:urn:other");
  const auto reason = [&](std::vector<std::string> identities) {
    return ReasonName(
        Policy(source).Identify(CertificateWith(std::move(identities)), kNow).status());
  };
  EXPECT_EQ(reason({"uri:urn:feed"}), "CERTIFICATE_AMBIGUOUS");
  EXPECT_EQ(reason({"uri:urn:other", "uri:urn:feed"}), "CERTIFICATE_AMBIGUOUS");
  EXPECT_TRUE(Policy(source).Identify(CertificateWith({"uri:urn:other"}), kNow).ok());
  std::swap(source.clients[0], source.clients[1]);
  EXPECT_EQ(reason({"uri:urn:feed"}), "CERTIFICATE_AMBIGUOUS");
}

TEST(IdentifyTest, ANameThatOneClientGivesTwiceIsItsOwn) {
  Policy::Source source = SourceWith({});
  source.clients[0].add_certificate_identities("uri:urn:feed");
  EXPECT_TRUE(Policy(source).Identify(CertificateWith({"uri:urn:feed"}), kNow).ok());
}

TEST(IdentifyTest, TwoNamesOfOneClientAreNot) {
  Policy::Source source = SourceWith({});
  source.clients[0].add_certificate_identities("dns:feed.example.org");
  EXPECT_TRUE(Policy(source)
                  .Identify(CertificateWith({"uri:urn:feed", "dns:feed.example.org"}), kNow)
                  .ok());
}

TEST(IdentifyTest, ARevokedClientIsRefused) {
  Policy::Source source = SourceWith({});
  source.clients[0].set_revoked(true);
  EXPECT_EQ(ReasonName(Policy(source).Identify(CertificateWith({"uri:urn:feed"}), kNow).status()),
            "CLIENT_REVOKED");
}

TEST(IdentifyTest, ACertificateIsValidFromItsFirstInstantAndNotAtItsLast) {
  const Policy policy(SourceWith({}));
  const auto certificate = CertificateWith({"uri:urn:feed"});
  const absl::Duration tick = absl::Microseconds(1);
  const auto reason_at = [&](absl::Time now) {
    return ReasonName(policy.Identify(certificate, now).status());
  };
  EXPECT_EQ(reason_at(certificate->not_before - tick), "CERTIFICATE_EXPIRED");
  EXPECT_TRUE(policy.Identify(certificate, certificate->not_before).ok());
  EXPECT_TRUE(policy.Identify(certificate, certificate->not_after - tick).ok());
  EXPECT_EQ(reason_at(certificate->not_after), "CERTIFICATE_EXPIRED");
}

TEST(IdentifyTest, AnAgencyTakesPartFromItsFirstLondonDayToItsLast) {
  Policy::Source source = SourceWith({});
  *source.agencies[0].mutable_valid_from() = Day("2018-07-01");
  *source.agencies[0].mutable_valid_to() = Day("2018-09-30");
  const Policy policy(source);
  const auto known_at = [&](absl::string_view instant) {
    return policy.Identify(CertificateWith({"uri:urn:feed"}), At(instant)).ok();
  };
  EXPECT_FALSE(known_at("2018-06-30T22:59:59Z"));
  EXPECT_TRUE(known_at("2018-06-30T23:00:00Z"));
  EXPECT_TRUE(known_at("2018-09-30T22:59:59Z"));
  EXPECT_FALSE(known_at("2018-09-30T23:00:00Z"));
}

TEST(IdentifyTest, AClientOfAnAgencyThatIsNotInTheDirectoryIsRefused) {
  Policy::Source source = SourceWith({});
  source.agencies.clear();
  EXPECT_EQ(ReasonName(Policy(source).Identify(CertificateWith({"uri:urn:feed"}), kNow).status()),
            "CLIENT_REVOKED");
}

TEST(IdentifyTest, DaysOfAnAgencyThatCannotBeReadAreNone) {
  Policy::Source source = SourceWith({});
  source.agencies[0].mutable_valid_to()->set_year(2030);
  EXPECT_FALSE(Policy(source).Identify(CertificateWith({"uri:urn:feed"}), kNow).ok());
  source.agencies[0].clear_valid_to();
  source.agencies[0].mutable_valid_from()->set_year(2010);
  EXPECT_FALSE(Policy(source).Identify(CertificateWith({"uri:urn:feed"}), kNow).ok());
}

// Which agreement decides?

TEST(AgreementChoiceTest, OfTwoThatCoverAllTheLowestIdentifierDecides) {
  const Policy policy(SourceWith({AgreementNamed("b"), AgreementNamed("c"), AgreementNamed("a")}));
  EXPECT_EQ(Decide(policy, About("plans/p")), "agreements/a");
}

TEST(AgreementChoiceTest, TheNamedOneDecides) {
  const Policy policy(SourceWith({AgreementNamed("a"), AgreementNamed("b")}));
  RequestFacts facts = About("plans/p");
  facts.agreement = "agreements/b";
  EXPECT_EQ(Decide(policy, facts), "agreements/b");
}

TEST(AgreementChoiceTest, ANamedOneThatDoesNotCoverIsNotReplacedByAnother) {
  const Policy policy(SourceWith({AgreementNamed("a"), AgreementOnPlan("b", "plans/other")}));
  RequestFacts facts = About("plans/p");
  facts.agreement = "agreements/b";
  EXPECT_EQ(Decide(policy, facts), "OUT_OF_SCOPE");
  facts.agreement = "agreements/missing";
  EXPECT_EQ(Decide(policy, facts), "NO_AGREEMENT");
}

TEST(AgreementChoiceTest, OneThatCoversAllGoesBeforeOneThatCoversAPart) {
  v1::Agreement part = AgreementNamed("a");
  part.mutable_scope()->add_topics("neglect");
  EXPECT_EQ(Decide(Policy(SourceWith({part, AgreementNamed("b")})), About("plans/p")),
            "agreements/b");
  EXPECT_EQ(Decide(Policy(SourceWith({AgreementOnPlan("a", "plans/p"), AgreementNamed("b")})),
                   About("plans/-")),
            "agreements/b");
}

TEST(AgreementChoiceTest, OfTwoThatCoverAPartTheLowestIdentifierDecides) {
  const Policy policy(
      SourceWith({AgreementOnPlan("b", "plans/p"), AgreementOnPlan("a", "plans/q")}));
  EXPECT_EQ(Decide(policy, About("plans/-")), "agreements/a");
}

TEST(AgreementChoiceTest, OneThatCoversNothingOfItIsPassedOver) {
  const Policy policy(
      SourceWith({AgreementOnPlan("a", "plans/other"), AgreementOnPlan("b", "plans/p")}));
  EXPECT_EQ(Decide(policy, About("plans/p")), "agreements/b");
  EXPECT_EQ(Decide(policy, About("plans/p/actions/1.2.1")), "agreements/b");
  EXPECT_EQ(Decide(policy, About("plans/neither")), "OUT_OF_SCOPE");
}

TEST(AgreementChoiceTest, MeasuresAndReleasesAreChosenByNameToo) {
  v1::Agreement first = AgreementNamed("a");
  first.mutable_scope()->add_measures("measures/m");
  first.mutable_scope()->add_releases("releases/r");
  v1::Agreement second = AgreementNamed("b");
  second.mutable_scope()->add_measures("measures/n");
  second.mutable_scope()->add_releases("releases/s");
  const Policy policy(SourceWith({first, second}));
  EXPECT_EQ(Decide(policy, About("measures/n")), "agreements/b");
  EXPECT_EQ(Decide(policy, About("releases/s/observations/1")), "agreements/b");
  EXPECT_EQ(Decide(policy, About("measures/o")), "OUT_OF_SCOPE");
  EXPECT_EQ(Decide(policy, About("releases/t")), "OUT_OF_SCOPE");
}

TEST(AgreementChoiceTest, ARequestWithoutResourceIsCoveredByAny) {
  EXPECT_EQ(Decide(Policy(SourceWith({AgreementOnPlan("a", "plans/p")})), About("")),
            "agreements/a");
}

TEST(AgreementChoiceTest, AnAgreementWithoutPlansCoversNoneOfThem) {
  v1::Agreement agreement = AgreementNamed("a");
  agreement.mutable_scope()->clear_plans();
  EXPECT_EQ(Decide(Policy(SourceWith({agreement})), About("plans/-")), "OUT_OF_SCOPE");
}

// May it?

TEST(AuthoriseTest, OnlyInForce) {
  const Policy policy(SourceWith({AgreementNamed("a")}));
  EXPECT_EQ(Decide(policy, About("plans/p"), At("2017-12-31T23:59:59Z")), "NO_AGREEMENT");
  EXPECT_EQ(Decide(policy, About("plans/p"), At("2018-01-01T00:00:00Z")), "agreements/a");
  EXPECT_EQ(Decide(policy, About("plans/p"), At("2019-12-31T23:59:59Z")), "agreements/a");
  EXPECT_EQ(Decide(policy, About("plans/p"), At("2020-01-01T00:00:00Z")), "NO_AGREEMENT");
}

TEST(AuthoriseTest, OnlyWhileActive) {
  v1::Agreement agreement = AgreementNamed("a");
  agreement.set_state(v1::Agreement::SUSPENDED);
  EXPECT_EQ(Decide(Policy(SourceWith({agreement})), About("plans/p")), "NO_AGREEMENT");
}

TEST(AuthoriseTest, OnlyAReceivingParty) {
  v1::Agreement provides = AgreementNamed("a");
  provides.mutable_parties(0)->set_receives(false);
  provides.mutable_parties(0)->set_provides(true);
  EXPECT_EQ(Decide(Policy(SourceWith({provides})), About("plans/p")), "NO_AGREEMENT");

  v1::Agreement stranger = AgreementNamed("a");
  stranger.mutable_parties(0)->set_agency("agencies/council");
  EXPECT_EQ(Decide(Policy(SourceWith({stranger})), About("plans/p")), "NO_AGREEMENT");
}

TEST(AuthoriseTest, OnlyTheDataSetsAndPurposesNamed) {
  v1::Agreement measures = AgreementNamed("a");
  measures.mutable_scope()->clear_data_sets();
  measures.mutable_scope()->add_data_sets(v1::MEASURES);
  EXPECT_EQ(Decide(Policy(SourceWith({measures})), About("plans/p")), "NO_AGREEMENT");

  RequestFacts facts = About("plans/p");
  facts.purpose = "curiosity";
  EXPECT_EQ(Decide(Policy(SourceWith({AgreementNamed("a")})), facts), "NO_AGREEMENT");
}

TEST(AuthoriseTest, OnlyARoleThatTheAgreementNames) {
  v1::Agreement agreement = AgreementNamed("a");
  agreement.clear_roles();
  agreement.add_roles(v1::CONTRIBUTOR);
  agreement.add_roles(v1::COORDINATOR);
  const Policy policy(SourceWith({agreement}));
  const absl::Status status =
      policy.Authorise(*Feed(policy), PlansRule(), About("plans/p"), kNow).status();
  EXPECT_EQ(ReasonOf(status), v1::ROLE_MISSING);
  const auto info = PayloadOf<google::rpc::ErrorInfo>(status);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->metadata().at("roles"), "CONTRIBUTOR,COORDINATOR");
}

TEST(AuthoriseTest, OnBehalfOfIsAskedForWhereTheAgreementDoes) {
  v1::Agreement agreement = AgreementNamed("a");
  agreement.set_requires_on_behalf_of(true);
  const Policy policy(SourceWith({agreement}));
  RequestFacts facts = About("plans/p");
  EXPECT_EQ(Decide(policy, facts), "ON_BEHALF_OF_MISSING");
  facts.has_on_behalf_of = true;
  EXPECT_EQ(Decide(policy, facts), "agreements/a");
}

TEST(AuthoriseTest, ADefaultPurposeServesWhereTheAgreementAcceptsIt) {
  v1::Agreement agreement = AgreementNamed("a");
  Policy::Source source = SourceWith({agreement});
  source.clients[0].set_default_purpose("oversight");
  RequestFacts facts = About("plans/p");
  facts.purpose.clear();
  EXPECT_EQ(Decide(Policy(source), facts), "PURPOSE_MISSING");

  source.agreements[0].set_accepts_default_purpose(true);
  const Policy accepting(source);
  EXPECT_EQ(Decide(accepting, facts), "agreements/a");
  EXPECT_EQ(accepting.Authorise(*Feed(accepting), PlansRule(), facts, kNow)->purpose(),
            "oversight");
}

TEST(AuthoriseTest, WithoutAnyPurposeThereIsNoAnswer) {
  v1::Agreement agreement = AgreementNamed("a");
  agreement.set_accepts_default_purpose(true);
  RequestFacts facts = About("plans/p");
  facts.purpose.clear();
  EXPECT_EQ(Decide(Policy(SourceWith({agreement})), facts), "PURPOSE_MISSING");
}

TEST(AuthoriseTest, TheRefusalNamesTheStepThatGotFurthest) {
  v1::Agreement no_role = AgreementNamed("a");
  no_role.clear_roles();
  no_role.add_roles(v1::COORDINATOR);
  v1::Agreement no_person = AgreementNamed("b");
  no_person.set_requires_on_behalf_of(true);
  v1::Agreement ended = AgreementNamed("c");
  ended.set_state(v1::Agreement::ENDED);
  EXPECT_EQ(Decide(Policy(SourceWith({ended, no_role})), About("plans/p")), "ROLE_MISSING");
  EXPECT_EQ(Decide(Policy(SourceWith({ended, no_person, no_role})), About("plans/p")),
            "ON_BEHALF_OF_MISSING");
  EXPECT_EQ(
      Decide(Policy(SourceWith({no_role, AgreementOnPlan("d", "plans/q")})), About("plans/p")),
      "OUT_OF_SCOPE");
}

// A stranger cannot tell a plan that exists from one that does not.
TEST(AuthoriseTest, OutOfScopeSaysTheSameOfEveryName) {
  const Policy policy(SourceWith({AgreementOnPlan("a", "plans/p")}));
  const auto principal = Feed(policy);
  const absl::Status one =
      policy.Authorise(*principal, PlansRule(), About("plans/q"), kNow).status();
  const absl::Status two =
      policy.Authorise(*principal, PlansRule(), About("plans/zz"), kNow).status();
  EXPECT_EQ(ReasonOf(one), v1::OUT_OF_SCOPE);
  EXPECT_EQ(one, two);
}

TEST(AuthoriseTest, ARoleRuleAsksForOneOfItsRoles) {
  v1::AccessRule rule;
  rule.set_basis(v1::AccessRule::ROLE);
  rule.set_data_set(v1::DIRECTORY);
  rule.set_permission(v1::AccessRule::WRITE);
  rule.add_roles(v1::ADMINISTRATOR);
  rule.add_roles(v1::READER);
  const Policy policy(SourceWith({}));
  const auto principal = Feed(policy);
  const auto grant = policy.Authorise(*principal, rule, {}, kNow);
  ASSERT_TRUE(grant.ok()) << grant.status();
  EXPECT_EQ(grant->basis(), v1::AccessRule::ROLE);
  EXPECT_EQ(grant->agreement(), nullptr);

  rule.clear_roles();
  rule.add_roles(v1::ADMINISTRATOR);
  EXPECT_EQ(ReasonName(policy.Authorise(*principal, rule, {}, kNow).status()), "ROLE_MISSING");
}

TEST(AuthoriseTest, SelfOpensOtherAgenciesToTheRolesDocumented) {
  const Policy policy({});
  const auto sees_all = [&](v1::Role role, v1::DataSet data_set) {
    Principal principal;
    principal.agency = kPolice;
    principal.roles = {role};
    return policy.Authorise(principal, SelfRule(data_set), {}, kNow)->sees_all_agencies();
  };
  EXPECT_TRUE(sees_all(v1::AUDITOR, v1::AUDIT));
  EXPECT_FALSE(sees_all(v1::ADMINISTRATOR, v1::AUDIT));
  EXPECT_FALSE(sees_all(v1::COORDINATOR, v1::AUDIT));
  EXPECT_FALSE(sees_all(v1::READER, v1::AUDIT));
  EXPECT_TRUE(sees_all(v1::AUDITOR, v1::AGREEMENTS));
  EXPECT_TRUE(sees_all(v1::ADMINISTRATOR, v1::AGREEMENTS));
  EXPECT_TRUE(sees_all(v1::COORDINATOR, v1::AGREEMENTS));
  EXPECT_FALSE(sees_all(v1::APPROVER, v1::AGREEMENTS));
  EXPECT_TRUE(sees_all(v1::AUDITOR, v1::RETURNS));
  EXPECT_TRUE(sees_all(v1::COORDINATOR, v1::RETURNS));
  EXPECT_FALSE(sees_all(v1::ADMINISTRATOR, v1::RETURNS));
  EXPECT_FALSE(sees_all(v1::CONTRIBUTOR, v1::RETURNS));
}

TEST(AuthoriseTest, WithoutARuleNothingIsAllowed) {
  const Policy policy(SourceWith({AgreementNamed("a")}));
  EXPECT_FALSE(policy.Authorise(*Feed(policy), {}, About("plans/p"), kNow).ok());
}

TEST(AuthoriseInitialisationTest, OnlyAnEmptyDirectoryIsInitialised) {
  EXPECT_TRUE(Policy({}).AuthoriseInitialisation().ok());
  EXPECT_EQ(Policy(SourceWith({})).AuthoriseInitialisation().status().code(),
            absl::StatusCode::kFailedPrecondition);
}

// May a stream go on?

class StillAllowsTest : public ::testing::Test {
 protected:
  // What the stream was opened by.
  const Policy::Source source_ = SourceWith({AgreementNamed("a")});
  const Policy policy_{source_};
  const std::shared_ptr<const Principal> principal_ = Feed(policy_);
  const Grant grant_ = policy_.Authorise(*principal_, PlansRule(), About("plans/p"), kNow).value();

  bool Allows(const Policy::Source& source, absl::Time now = kNow) {
    return Policy(source).StillAllows(*principal_, grant_, now);
  }
};

TEST_F(StillAllowsTest, WhatHasNotChanged) {
  Policy::Source later = source_;
  later.revision = 9;
  later.clients.push_back(ClientNamed("agencies/police/clients/other", "uri:urn:other"));
  later.agreements.push_back(AgreementNamed("b"));
  EXPECT_TRUE(Allows(later));
}

TEST_F(StillAllowsTest, NotARevokedOrRemovedClient) {
  Policy::Source revoked = source_;
  revoked.clients[0].set_revoked(true);
  EXPECT_FALSE(Allows(revoked));
  Policy::Source removed = source_;
  removed.clients.clear();
  EXPECT_FALSE(Allows(removed));
}

TEST_F(StillAllowsTest, NotACertificateThatWasTakenAwayOrGivenToAnother) {
  Policy::Source taken = source_;
  taken.clients[0].clear_certificate_identities();
  EXPECT_FALSE(Allows(taken));
  taken.clients.push_back(ClientNamed("agencies/police/clients/other", "uri:urn:feed"));
  EXPECT_FALSE(Allows(taken));
}

TEST_F(StillAllowsTest, NotACertificateThatAnotherClientClaimsToo) {
  Policy::Source shared = source_;
  shared.clients.push_back(ClientNamed("agencies/police/clients/other", "uri:urn:feed"));
  EXPECT_FALSE(Allows(shared));
}

TEST_F(StillAllowsTest, NotAClientWhoseRolesChanged) {
  Policy::Source taken = source_;
  taken.clients[0].clear_roles();
  EXPECT_FALSE(Allows(taken));
  taken.clients[0].add_roles(v1::APPROVER);
  EXPECT_FALSE(Allows(taken));
  Policy::Source added = source_;
  added.clients[0].add_roles(v1::APPROVER);
  EXPECT_FALSE(Allows(added));
}

TEST_F(StillAllowsTest, NotAfterTheCertificatesEnd) {
  EXPECT_FALSE(Policy(SourceWith({}))
                   .StillAllows(*principal_, Policy({}).AuthoriseInitialisation().value(),
                                principal_->certificate->not_after));
  EXPECT_TRUE(Policy(SourceWith({}))
                  .StillAllows(*principal_, Policy({}).AuthoriseInitialisation().value(),
                               principal_->certificate->not_after - absl::Microseconds(1)));
}

TEST_F(StillAllowsTest, NotAnAgencyThatNoLongerTakesPart) {
  Policy::Source left = source_;
  *left.agencies[0].mutable_valid_to() = Day("2018-11-29");
  EXPECT_FALSE(Allows(left));
}

TEST_F(StillAllowsTest, NotAnAgreementThatEndedOrWasSuspended) {
  EXPECT_TRUE(Allows(source_, At("2019-12-31T23:59:59Z")));
  EXPECT_FALSE(Allows(source_, At("2020-01-01T00:00:00Z")));
  Policy::Source suspended = source_;
  suspended.agreements[0].set_state(v1::Agreement::SUSPENDED);
  EXPECT_FALSE(Allows(suspended));
  Policy::Source removed = source_;
  removed.agreements.clear();
  EXPECT_FALSE(Allows(removed));
}

TEST_F(StillAllowsTest, NotAnotherVersionOfTheAgreement) {
  Policy::Source revised = source_;
  revised.agreements[0].mutable_scope()->add_topics("neglect");
  EXPECT_FALSE(Allows(revised));
}

// What is there to decide by?

TEST(PolicyDigestTest, ChangesWithEachAgencyClientAndAgreementAlone) {
  const Policy::Source source = SourceWith({AgreementNamed("a")});
  const std::string before = Policy(source).digest();
  EXPECT_THAT(before, SizeIs(32));
  Policy::Source other_revision = source;
  other_revision.revision = 4;
  EXPECT_EQ(Policy(other_revision).digest(), before);
  EXPECT_EQ(Policy(other_revision).revision(), 4);

  Policy::Source agency = source;
  agency.agencies[0].set_display_name("Another name");
  EXPECT_NE(Policy(agency).digest(), before);
  Policy::Source client = source;
  client.clients[0].set_revoked(true);
  EXPECT_NE(Policy(client).digest(), before);
  Policy::Source agreement = source;
  agreement.agreements[0].set_state(v1::Agreement::ENDED);
  EXPECT_NE(Policy(agreement).digest(), before);
}

TEST(AgreementsOfTest, ListsEachAgreementOfAPartyOnceByName) {
  v1::Agreement twice = AgreementNamed("b");
  *twice.add_parties() = twice.parties(0);
  twice.mutable_parties(1)->set_receives(false);
  v1::Agreement stranger = AgreementNamed("c");
  stranger.mutable_parties(0)->set_agency("agencies/council");
  const Policy policy(SourceWith({twice, stranger, AgreementNamed("a")}));
  std::vector<std::string> names;
  for (const auto& agreement : policy.AgreementsOf(kPolice)) {
    names.push_back(agreement->message.name());
  }
  EXPECT_THAT(names, ElementsAre("agreements/a", "agreements/b"));
  EXPECT_THAT(policy.AgreementsOf("agencies/nobody"), SizeIs(0));
}

TEST(PolicyHolderTest, ASwapLeavesWhatWasTakenBefore) {
  PolicyHolder holder;
  holder.Swap(std::make_shared<const Policy>(SourceWith({})));
  const auto before = holder.Get();
  holder.Swap(std::make_shared<const Policy>(Policy::Source{}));
  EXPECT_EQ(before->revision(), 3);
  EXPECT_EQ(holder.Get()->revision(), 0);
}

TEST(RuleTextTest, NamesBasisDataSetPermissionAndRoles) {
  EXPECT_EQ(RuleText(PlansRule()), "AGREEMENT PLANS READ");
  v1::AccessRule rule;
  rule.set_basis(v1::AccessRule::ROLE);
  rule.set_data_set(v1::DIRECTORY);
  rule.set_permission(v1::AccessRule::WRITE);
  rule.add_roles(v1::ADMINISTRATOR);
  rule.add_roles(v1::AUDITOR);
  EXPECT_EQ(RuleText(rule), "ROLE DIRECTORY WRITE ADMINISTRATOR,AUDITOR");
}

// Whose token is it?

TEST(IdentifyTokenTest, ATokenOfTheSameClientIsKeptWithThePrincipal) {
  Policy::Source source = SourceWith({});
  AddTokenIdentity(source.clients[0], "feed");
  const Policy policy(source);
  const auto token = TokenOf("feed");
  const auto principal = policy.IdentifyToken(*Feed(policy), token);
  ASSERT_TRUE(principal.ok()) << principal.status();
  EXPECT_EQ((*principal)->client, kFeed);
  EXPECT_EQ((*principal)->token, token);
}

TEST(IdentifyTokenTest, ATokenOfNobodyOrOfAnotherClientIsRefused) {
  Policy::Source source = SourceWith({});
  AddTokenIdentity(source.clients[0], "feed");
  source.clients.push_back(ClientNamed("agencies/police/clients/other", "uri:urn:other"));
  AddTokenIdentity(source.clients[1], "other");
  const Policy policy(source);
  auto of_another_issuer = std::make_shared<AccessToken>(*TokenOf("feed"));
  of_another_issuer->issuer = "https://login.example.com";
  for (const auto& token : {TokenOf("stranger"), TokenOf("other"), TokenOf("Feed"), TokenOf(""),
                            std::shared_ptr<const AccessToken>(of_another_issuer)}) {
    EXPECT_EQ(ReasonName(policy.IdentifyToken(*Feed(policy), token).status()),
              "TOKEN_CLIENT_MISMATCH");
  }
}

TEST(IdentifyTokenTest, AnIdentityThatTwoClientsShareIsNobodys) {
  Policy::Source source = SourceWith({});
  AddTokenIdentity(source.clients[0], "feed");
  source.clients.push_back(ClientNamed("agencies/police/clients/other", "uri:urn:other"));
  AddTokenIdentity(source.clients[1], "feed");
  const Policy policy(source);
  EXPECT_FALSE(policy.IdentifyToken(*Feed(policy), TokenOf("feed")).ok());
}

TEST(IdentifyTokenTest, AStreamEndsWithItsTokenOrWhenTheTokenIsTakenFromTheClient) {
  Policy::Source source = SourceWith({});
  const Policy without(source);
  AddTokenIdentity(source.clients[0], "feed");
  const Policy policy(source);
  const auto principal = policy.IdentifyToken(*Feed(policy), TokenOf("feed")).value();
  const Grant grant = policy.Authorise(*principal, SelfRule(v1::DIRECTORY), {}, kNow).value();
  const absl::Time end = kNow + absl::Minutes(15) + AccessTokenVerifier::kLeeway;
  EXPECT_TRUE(policy.StillAllows(*principal, grant, end - absl::Nanoseconds(1)));
  EXPECT_FALSE(policy.StillAllows(*principal, grant, end));
  EXPECT_FALSE(without.StillAllows(*principal, grant, kNow));
}

}  // namespace
}  // namespace concordat::auth
