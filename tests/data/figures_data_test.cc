// The bundled directory, agreements, measures and figures against the papers
// that they were taken from: every file reads, hangs together, and says what
// the papers print.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "base/civil_time.h"
#include "base/resource_name.h"
#include "base/yaml_message.h"
#include "concordat/v1/access.pb.h"
#include "concordat/v1/agreement.pb.h"
#include "concordat/v1/agreement_service.pb.h"
#include "concordat/v1/directory.pb.h"
#include "concordat/v1/directory_service.pb.h"
#include "concordat/v1/measure.pb.h"
#include "concordat/v1/measure_service.pb.h"
#include "concordat/v1/release.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"

namespace concordat {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// Most bytes that a request may have on the wire, below gRPC's usual limit.
constexpr size_t kMaxRequestBytes = 900 * 1024;

// Folder of the bundled data set.
std::filesystem::path DataFolder() {
  return std::filesystem::path(CONCORDAT_SOURCE_DIR) / "data" / "lancashire";
}

// Reads one file into a request. A file that cannot be read, or has problems,
// fails the current test and gives an empty request.
template <typename Request>
Request Load(const std::filesystem::path& path) {
  Request request;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    ADD_FAILURE() << path << " cannot be read";
    return request;
  }
  std::ostringstream text;
  text << file.rdbuf();
  for (const YamlProblem& problem : ReadYaml(text.str(), request, {"kind"})) {
    ADD_FAILURE() << path.filename() << ":" << problem.line << " " << problem.field << " "
                  << problem.description;
  }
  return request;
}

// The files, each read once.
const v1::ApplyDirectoryRequest& Directory() {
  static const auto* const request =
      new auto(Load<v1::ApplyDirectoryRequest>(DataFolder() / "directory.yaml"));
  return *request;
}

const v1::ApplyMeasuresRequest& Measures() {
  static const auto* const request =
      new auto(Load<v1::ApplyMeasuresRequest>(DataFolder() / "measures.yaml"));
  return *request;
}

const v1::ImportReleaseRequest& Papers() {
  static const auto* const request =
      new auto(Load<v1::ImportReleaseRequest>(DataFolder() / "releases" / "papers-2018.yaml"));
  return *request;
}

// The agreements by resource name.
const std::map<std::string, v1::Agreement>& Agreements() {
  static const auto* const agreements = [] {
    auto* found = new std::map<std::string, v1::Agreement>();
    for (const auto& entry : std::filesystem::directory_iterator(DataFolder() / "agreements")) {
      const v1::Agreement agreement = Load<v1::ApplyAgreementRequest>(entry.path()).agreement();
      EXPECT_EQ(agreement.name(), absl::StrCat("agreements/", entry.path().stem().string()));
      (*found)[agreement.name()] = agreement;
    }
    return found;
  }();
  return *agreements;
}

// The named agreement; an empty one when there is none.
const v1::Agreement& AgreementNamed(absl::string_view id) {
  static const auto* const none = new v1::Agreement();
  const auto found = Agreements().find(absl::StrCat("agreements/", id));
  return found == Agreements().end() ? *none : found->second;
}

// The names of resources, for membership.
template <typename Resources>
std::set<std::string> NamesOf(const Resources& resources) {
  std::set<std::string> names;
  for (const auto& resource : resources) names.insert(resource.name());
  return names;
}

// The figure with an identifier; null when there is none.
const v1::Observation* FindObservation(absl::string_view id) {
  for (const v1::Observation& observation : Papers().observations()) {
    if (LastIdentifier(observation.name()) == id) return &observation;
  }
  return nullptr;
}

// The measure with an identifier; null when there is none.
const v1::Measure* FindMeasure(absl::string_view id) {
  for (const v1::Measure& measure : Measures().measures()) {
    if (LastIdentifier(measure.name()) == id) return &measure;
  }
  return nullptr;
}

// `2018-11-01`; empty when the date is not a valid day.
std::string Day(const google::type::Date& date) {
  const auto day = ToCivilDay(date);
  return day.has_value() ? FormatDay(*day) : "";
}

// Names of the fields that a request may set and `message` does not, also in
// the messages within it. Flags are left out: false is a value.
std::vector<std::string> UnsetFields(const google::protobuf::Message& message,
                                     const std::string& prefix = "") {
  std::vector<std::string> unset;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const google::protobuf::FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (field.options().GetExtension(v1::rule).output_only() || field.name() == "etag") continue;
    if (field.cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_BOOL) continue;
    const std::string path = absl::StrCat(prefix, field.name());
    if (field.is_repeated() ? reflection.FieldSize(message, &field) == 0
                            : !reflection.HasField(message, &field)) {
      unset.push_back(path);
    } else if (field.name() == "contacts" || field.name() == "quotas") {
      for (const std::string& inner :
           UnsetFields(reflection.GetMessage(message, &field), absl::StrCat(path, "."))) {
        unset.push_back(inner);
      }
    }
  }
  return unset;
}

// What makes a figure the only one of its kind: measure, area, time, whose it
// is, and how it is broken down.
std::string KeyOf(const v1::Observation& observation) {
  std::string key =
      absl::StrCat(observation.measure(), "|", observation.area(), "|", observation.period().kind(),
                   "|", Day(observation.period().start()), "|", Day(observation.period().end()),
                   "|", observation.comparator());
  for (const v1::Observation::Breakdown& breakdown : observation.breakdowns()) {
    absl::StrAppend(&key, "|", breakdown.dimension(), "=", breakdown.item());
  }
  return key;
}

TEST(DirectoryDataTest, HasTheAgenciesClientsAndAreasThatTheReadmeCounts) {
  EXPECT_THAT(Directory().agencies(), SizeIs(32));
  EXPECT_THAT(Directory().clients(), SizeIs(17));
  EXPECT_THAT(Directory().areas(), SizeIs(18));
  EXPECT_THAT(NamesOf(Directory().agencies()), SizeIs(32));
  EXPECT_THAT(NamesOf(Directory().clients()), SizeIs(17));
  EXPECT_THAT(NamesOf(Directory().areas()), SizeIs(18));
}

TEST(DirectoryDataTest, EveryClientHasAStoredAgencyAndItsOwnCertificateIdentity) {
  const std::set<std::string> agencies = NamesOf(Directory().agencies());
  std::set<std::string> agencies_with_clients;
  for (const v1::Client& client : Directory().clients()) {
    const std::string agency(ParentOf(client.name()));
    agencies_with_clients.insert(agency);
    EXPECT_THAT(agencies, Contains(agency));
    EXPECT_THAT(client.certificate_identities(),
                ElementsAre(absl::StrCat("uri:urn:concordat:", LastIdentifier(agency), ":",
                                         LastIdentifier(client.name()))));
    EXPECT_THAT(client.roles(), Not(IsEmpty())) << client.name();
  }
  EXPECT_THAT(agencies_with_clients, SizeIs(12));
}

TEST(DirectoryDataTest, EveryAreaIsNamedByItsCodeAndLiesInACoarserOne) {
  std::map<std::string, v1::Area> areas;
  for (const v1::Area& area : Directory().areas()) areas[area.name()] = area;
  for (const auto& [name, area] : areas) {
    EXPECT_EQ(name, absl::StrCat("areas/", absl::AsciiStrToLower(area.code())));
    if (area.level() == v1::NATIONAL) {
      EXPECT_EQ(area.parent(), "");
    } else {
      ASSERT_EQ(areas.count(area.parent()), 1u) << name;
      EXPECT_LT(areas[area.parent()].level(), area.level()) << name;
    }
  }
}

TEST(DirectoryDataTest, CountyAndPoliceForceAreTwoAreas) {
  std::map<std::string, std::string> codes;
  for (const v1::Agency& agency : Directory().agencies()) {
    for (const v1::Agency::Code& code : agency.codes()) {
      codes[absl::StrCat(LastIdentifier(agency.name()), " ", code.scheme())] = code.value();
    }
  }
  EXPECT_EQ(codes["lancashire-county-council ons"], "E10000017");
  EXPECT_EQ(codes["lancashire-county-council dfe"], "888");
  EXPECT_EQ(codes["lancashire-constabulary ons"], "E23000003");
  EXPECT_EQ(codes["morecambe-bay-ccg ods"], "01K");
  EXPECT_EQ(codes["burnley-council ons"], "E07000117");
  EXPECT_EQ(codes["wyre-council ons"], "E07000128");
}

TEST(AgreementDataTest, FiveAreInForceAndThreeAreNot) {
  std::map<v1::Agreement::State, std::set<std::string>> by_state;
  for (const auto& [name, agreement] : Agreements()) {
    by_state[agreement.state()].insert(std::string(LastIdentifier(name)));
  }
  EXPECT_THAT(
      by_state[v1::Agreement::ACTIVE],
      UnorderedElementsAre("multi-agency-assurance", "neglect-and-domestic-abuse",
                           "health-safeguarding", "send-improvement", "probation-domestic-abuse"));
  EXPECT_THAT(by_state[v1::Agreement::DRAFT], ElementsAre("district-early-help"));
  EXPECT_THAT(by_state[v1::Agreement::SUSPENDED], ElementsAre("hospital-safeguarding"));
  EXPECT_THAT(by_state[v1::Agreement::ENDED], ElementsAre("exploitation-figures-2015"));
}

TEST(AgreementDataTest, EveryFieldOfASharingAgreementIsFilled) {
  for (const auto& [name, agreement] : Agreements()) {
    const std::vector<std::string> unset = UnsetFields(agreement);
    if (agreement.state() == v1::Agreement::ENDED) {
      EXPECT_THAT(unset, IsEmpty()) << name;
    } else {
      EXPECT_THAT(unset, ElementsAre("effective_to")) << name;
    }
  }
}

TEST(AgreementDataTest, PartiesApproversMeasuresAndAreasAreStored) {
  const std::set<std::string> agencies = NamesOf(Directory().agencies());
  const std::set<std::string> areas = NamesOf(Directory().areas());
  const std::set<std::string> measures = NamesOf(Measures().measures());
  for (const auto& [name, agreement] : Agreements()) {
    std::set<std::string> parties;
    bool provides = false;
    bool receives = false;
    for (const v1::Agreement::Party& party : agreement.parties()) {
      EXPECT_THAT(agencies, Contains(party.agency())) << name;
      EXPECT_TRUE(parties.insert(party.agency()).second) << name << " " << party.agency();
      provides = provides || party.provides();
      receives = receives || party.receives();
    }
    EXPECT_TRUE(provides && receives) << name;
    for (const v1::Agreement::Approval& approval : agreement.approvals()) {
      EXPECT_THAT(parties, Contains(approval.agency())) << name;
      EXPECT_LE(Day(approval.date()), Day(agreement.effective_from())) << name;
    }
    for (const std::string& measure : agreement.scope().measures()) {
      if (measure == "measures/-") continue;
      EXPECT_THAT(measures, Contains(measure)) << name;
    }
    for (const std::string& area : agreement.scope().areas()) {
      if (area == "areas/-") continue;
      EXPECT_THAT(areas, Contains(area)) << name;
    }
    for (const std::string& release : agreement.scope().releases()) {
      EXPECT_TRUE(release == "releases/-" || release == Papers().release().name()) << name;
    }
  }
}

TEST(AgreementDataTest, PlansInScopeAreBundled) {
  for (const auto& [name, agreement] : Agreements()) {
    for (const std::string& plan : agreement.scope().plans()) {
      if (plan == "plans/-") continue;
      const auto file = DataFolder() / "plans" / absl::StrCat(LastIdentifier(plan), ".yaml");
      EXPECT_TRUE(std::filesystem::exists(file)) << name << " " << plan;
    }
  }
}

TEST(AgreementDataTest, AgreementsInForceHaveNoEndAndNoLapse) {
  for (const auto& [name, agreement] : Agreements()) {
    if (agreement.state() != v1::Agreement::ACTIVE) continue;
    EXPECT_FALSE(agreement.has_effective_to()) << name;
    EXPECT_FALSE(agreement.suspend_when_review_lapses()) << name;
    EXPECT_EQ(agreement.effective_from().year(), 2018) << name;
    EXPECT_LT(Day(agreement.effective_from()), Day(agreement.review_date())) << name;
  }
}

TEST(AgreementDataTest, BlackpoolIsPartyOnlyOfTheOneThatEnded) {
  std::vector<std::string> found;
  for (const auto& [name, agreement] : Agreements()) {
    for (const v1::Agreement::Party& party : agreement.parties()) {
      if (party.agency() == "agencies/blackpool-council") found.push_back(name);
    }
  }
  EXPECT_THAT(found, ElementsAre("agreements/exploitation-figures-2015"));
  EXPECT_EQ(Day(AgreementNamed("exploitation-figures-2015").effective_to()), "2018-05-24");
}

TEST(AgreementDataTest, PoliceMayLeaveOutThePurposeAndSeeTwoTopics) {
  const v1::Agreement& agreement = AgreementNamed("neglect-and-domestic-abuse");
  EXPECT_TRUE(agreement.accepts_default_purpose());
  EXPECT_THAT(agreement.purposes(), ElementsAre("neglect-and-domestic-abuse"));
  EXPECT_THAT(agreement.scope().topics(), ElementsAre("neglect", "domestic-abuse"));
  EXPECT_THAT(agreement.scope().areas(), ElementsAre("areas/e10000017", "areas/e23000003"));
  for (const v1::Client& client : Directory().clients()) {
    if (client.name() == "agencies/lancashire-constabulary/clients/performance-hub") {
      EXPECT_EQ(client.default_purpose(), "neglect-and-domestic-abuse");
    } else {
      EXPECT_EQ(client.default_purpose(), "") << client.name();
    }
  }
  EXPECT_TRUE(AgreementNamed("probation-domestic-abuse").requires_on_behalf_of());
}

TEST(MeasureDataTest, EveryMeasureHasAProviderTopicsAndASource) {
  const std::set<std::string> agencies = NamesOf(Directory().agencies());
  EXPECT_THAT(Measures().measures(), SizeIs(137));
  EXPECT_THAT(NamesOf(Measures().measures()), SizeIs(137));
  for (const v1::Measure& measure : Measures().measures()) {
    EXPECT_TRUE(MatchesPattern(measure.name(), "measures/{measure}")) << measure.name();
    EXPECT_THAT(agencies, Contains(measure.provider())) << measure.name();
    EXPECT_THAT(measure.topics(), Not(IsEmpty())) << measure.name();
    EXPECT_NE(measure.definition(), "") << measure.name();
    EXPECT_NE(measure.unit(), v1::Measure::UNIT_UNSPECIFIED) << measure.name();
    EXPECT_NE(measure.polarity(), v1::Measure::POLARITY_UNSPECIFIED) << measure.name();
    EXPECT_NE(measure.frequency(), v1::Measure::FREQUENCY_UNSPECIFIED) << measure.name();
    EXPECT_EQ(measure.unit() == v1::Measure::RATE, measure.rate_per() > 0) << measure.name();
    EXPECT_EQ(measure.disclosure_minimum(), 0) << measure.name();
    EXPECT_NE(measure.source().document(), "") << measure.name();
    EXPECT_GT(measure.source().line(), 0) << measure.name();
  }
}

TEST(MeasureDataTest, OnlyCountsAddUp) {
  for (const v1::Measure& measure : Measures().measures()) {
    const v1::Measure::Additivity& additivity = measure.additivity();
    if (additivity.over_time() || additivity.over_area() || additivity.over_category()) {
      EXPECT_EQ(measure.unit(), v1::Measure::COUNT) << measure.name();
    }
  }
}

TEST(MeasureDataTest, RatesOfDemandAreNeutralWhateverThePaperPrints) {
  for (const char* id : {"referrals", "referrals-rate", "children-in-need-rate",
                         "child-protection-plans-rate", "children-looked-after-rate"}) {
    const v1::Measure* measure = FindMeasure(id);
    ASSERT_NE(measure, nullptr) << id;
    EXPECT_EQ(measure->polarity(), v1::Measure::NEUTRAL) << id;
    EXPECT_EQ(measure->printed_polarity(), v1::Measure::LOW_GOOD) << id;
  }
  const v1::Measure* repeats = FindMeasure("re-referrals-share");
  ASSERT_NE(repeats, nullptr);
  EXPECT_EQ(repeats->polarity(), v1::Measure::LOW_GOOD);
}

TEST(FiguresDataTest, ReleaseIsPublicAndFitsOneRequest) {
  const v1::Release& release = Papers().release();
  EXPECT_EQ(release.name(), "releases/papers-2018");
  EXPECT_EQ(release.disclosure_profile(), v1::ALREADY_PUBLIC);
  EXPECT_EQ(Day(release.document_date()), "2018-06-27");
  EXPECT_THAT(release.sources(), SizeIs(3));
  EXPECT_THAT(Papers().observations(), SizeIs(423));
  EXPECT_LT(Papers().ByteSizeLong(), kMaxRequestBytes);
  EXPECT_LT(Measures().ByteSizeLong(), kMaxRequestBytes);
}

TEST(FiguresDataTest, EveryFigureIsOfAStoredMeasureAndAreaAndIsTheOnlyOneOfItsKind) {
  const std::set<std::string> areas = NamesOf(Directory().areas());
  std::set<std::string> unused = NamesOf(Measures().measures());
  const std::set<std::string> measures = unused;
  std::set<std::string> names;
  std::set<std::string> keys;
  for (const v1::Observation& observation : Papers().observations()) {
    EXPECT_TRUE(MatchesPattern(observation.name(), "releases/{release}/observations/{observation}"))
        << observation.name();
    EXPECT_EQ(IdentifierAt(observation.name(), 0), "papers-2018");
    EXPECT_TRUE(names.insert(observation.name()).second) << observation.name();
    EXPECT_TRUE(keys.insert(KeyOf(observation)).second) << observation.name();
    EXPECT_THAT(measures, Contains(observation.measure())) << observation.name();
    EXPECT_THAT(areas, Contains(observation.area())) << observation.name();
    unused.erase(observation.measure());
  }
  EXPECT_THAT(unused, IsEmpty());
}

TEST(FiguresDataTest, EveryFigureHasAValueOrASymbolAndNeverBoth) {
  for (const v1::Observation& observation : Papers().observations()) {
    EXPECT_NE(observation.has_value(), observation.symbol() != v1::Observation::NONE)
        << observation.name();
    EXPECT_NE(observation.symbol(), v1::Observation::CONFIDENTIAL) << observation.name();
  }
}

TEST(FiguresDataTest, EveryFigureHasAPeriodWithBothEndsAndASource) {
  std::set<std::string> documents;
  for (const v1::Observation& observation : Papers().observations()) {
    const v1::Period& period = observation.period();
    EXPECT_NE(period.kind(), v1::Period::KIND_UNSPECIFIED) << observation.name();
    EXPECT_NE(period.label(), "") << observation.name();
    ASSERT_TRUE(ToCivilDay(period.start()).has_value()) << observation.name();
    ASSERT_TRUE(ToCivilDay(period.end()).has_value()) << observation.name();
    EXPECT_EQ(period.kind() == v1::Period::SNAPSHOT, Day(period.start()) == Day(period.end()))
        << observation.name();
    EXPECT_LE(Day(period.start()), Day(period.end())) << observation.name();
    EXPECT_GT(observation.source().line(), 0) << observation.name();
    documents.insert(observation.source().document());
  }
  EXPECT_THAT(documents, UnorderedElementsAre("cabinet-committee-2018-06", "scrutiny-2018-05",
                                              "peer-challenge-2014"));
}

// One figure as a paper prints it.
struct Fact {
  const char* observation;
  double value;
  const char* document;
  int line;
};

std::ostream& operator<<(std::ostream& out, const Fact& fact) { return out << fact.observation; }

class PrintedFigureTest : public ::testing::TestWithParam<Fact> {};

TEST_P(PrintedFigureTest, IsWhatThePaperPrints) {
  const Fact& fact = GetParam();
  const v1::Observation* observation = FindObservation(fact.observation);
  ASSERT_NE(observation, nullptr);
  EXPECT_TRUE(observation->has_value());
  EXPECT_DOUBLE_EQ(observation->value(), fact.value);
  EXPECT_EQ(observation->source().document(), fact.document);
  EXPECT_EQ(observation->source().line(), fact.line);
}

INSTANTIATE_TEST_SUITE_P(
    Papers, PrintedFigureTest,
    ::testing::Values(
        Fact{"contacts-2017-18", 33353, "cabinet-committee-2018-06", 454},
        Fact{"referrals-2016-17", 9907, "cabinet-committee-2018-06", 456},
        Fact{"referrals-rate-2016-17", 403.9, "cabinet-committee-2018-06", 456},
        Fact{"referrals-rate-2017-18-england", 548.2, "cabinet-committee-2018-06", 456},
        Fact{"assessments-over-45-days-2017-18", 25.0, "cabinet-committee-2018-06", 458},
        Fact{"child-protection-plans-2018-03-31", 1243, "cabinet-committee-2018-06", 460},
        Fact{"child-protection-plans-rate-2018-03-31-england", 43.3, "cabinet-committee-2018-06",
             460},
        Fact{"children-looked-after-2018-03-31", 1968, "cabinet-committee-2018-06", 462},
        Fact{"children-looked-after-rate-2018-03-31", 79.7, "cabinet-committee-2018-06", 462},
        Fact{"adoption-entry-to-placement-2017-18", 426, "cabinet-committee-2018-06", 482},
        Fact{"adoption-entry-to-placement-2014-17-england", 520, "cabinet-committee-2018-06", 482},
        Fact{"first-time-entrants-oct-2016-sep-2017-neighbours", 305, "cabinet-committee-2018-06",
             496},
        Fact{"school-absence-2016-17-england", 4.7, "cabinet-committee-2018-06", 506},
        Fact{"recycling-2017-18", 43, "cabinet-committee-2018-06", 520},
        Fact{"library-visits-2016-17", 4007475, "cabinet-committee-2018-06", 523},
        Fact{"street-light-repair-traffic-2017-18", 13.6, "cabinet-committee-2018-06", 533},
        Fact{"care-admissions-65-rate-2017-18", 728.3, "cabinet-committee-2018-06", 568},
        Fact{"health-checks-offered-2017-18", 96920, "cabinet-committee-2018-06", 607},
        Fact{"families-attached-2017-18", 8647, "cabinet-committee-2018-06", 615},
        Fact{"domestic-abuse-contacts-2017", 19972, "scrutiny-2018-05", 208},
        Fact{"domestic-abuse-crimes-2017", 8944, "scrutiny-2018-05", 208},
        Fact{"domestic-abuse-contacts-monthly-2017", 1664, "scrutiny-2018-05", 208},
        Fact{"domestic-abuse-child-contacts-2017-18", 4067, "scrutiny-2018-05", 212},
        Fact{"domestic-abuse-families-2017-18", 562, "scrutiny-2018-05", 214},
        Fact{"domestic-abuse-children-2017-18", 667, "scrutiny-2018-05", 214},
        Fact{"families-attached-in-year-2016-17", 4747, "scrutiny-2018-05", 363},
        Fact{"families-claims-aspiration-2019-20-planned", 3432, "scrutiny-2018-05", 366},
        Fact{"foster-assessments-2017-18", 92, "scrutiny-2018-05", 752},
        Fact{"placement-stability-2016-03", 65.6, "scrutiny-2018-05", 760},
        Fact{"placement-stability-2018-03", 73.7, "scrutiny-2018-05", 760},
        Fact{"education-plans-good-autumn-2015", 63.5, "scrutiny-2018-05", 768},
        Fact{"education-plans-good-spring-2018", 94.6, "scrutiny-2018-05", 768},
        Fact{"health-assessments-2018-03", 77.1, "scrutiny-2018-05", 834},
        Fact{"care-leavers-suitable-homes-2018-03", 89.9, "scrutiny-2018-05", 906},
        Fact{"infant-mortality-2012-neighbours", 4.3, "peer-challenge-2014", 213},
        Fact{"a-level-points-autumn-2014-north-west", 734.2, "peer-challenge-2014", 262},
        Fact{"children-looked-after-rate-autumn-2014-north-west", 79, "peer-challenge-2014", 272}),
    [](const ::testing::TestParamInfo<Fact>& fact) {
      return absl::StrReplaceAll(fact.param.observation, {{"-", "_"}});
    });

TEST(FiguresDataTest, CellWithNumberAndRateBecomesTwoMeasures) {
  const v1::Observation* count = FindObservation("referrals-2017-18");
  const v1::Observation* rate = FindObservation("referrals-rate-2017-18");
  ASSERT_NE(count, nullptr);
  ASSERT_NE(rate, nullptr);
  EXPECT_EQ(count->printed(), "10,337/419.4");
  EXPECT_EQ(rate->printed(), "10,337/419.4");
  EXPECT_DOUBLE_EQ(count->value(), 10337);
  EXPECT_DOUBLE_EQ(rate->value(), 419.4);
  EXPECT_DOUBLE_EQ(rate->numerator(), 10337);
}

TEST(FiguresDataTest, WordsForMissingValuesBecomeSymbols) {
  const v1::Observation* added = FindObservation("average-caseload-2017-03-31");
  const v1::Observation* dash = FindObservation("contacts-2017-18-england");
  const v1::Observation* none = FindObservation("families-attached-2017-18-england");
  ASSERT_NE(added, nullptr);
  ASSERT_NE(dash, nullptr);
  ASSERT_NE(none, nullptr);
  EXPECT_EQ(added->symbol(), v1::Observation::NOT_AVAILABLE);
  EXPECT_EQ(added->printed(), "New measure");
  EXPECT_EQ(dash->symbol(), v1::Observation::NOT_AVAILABLE);
  EXPECT_EQ(dash->printed(), "-");
  EXPECT_EQ(none->symbol(), v1::Observation::NOT_APPLICABLE);
  EXPECT_EQ(none->printed(), "n/a");
}

TEST(FiguresDataTest, EstimatesAndForecastsAreProvisional) {
  for (const char* id : {"contacts-2017-18", "care-admissions-65-2017-18", "recycling-2017-18"}) {
    const v1::Observation* observation = FindObservation(id);
    ASSERT_NE(observation, nullptr) << id;
    EXPECT_TRUE(observation->provisional()) << id;
  }
  for (const char* id : {"contacts-2016-17", "adoptions-2017-18", "museum-visits-2017-18"}) {
    const v1::Observation* observation = FindObservation(id);
    ASSERT_NE(observation, nullptr) << id;
    EXPECT_FALSE(observation->provisional()) << id;
  }
}

TEST(FiguresDataTest, PeriodsMeanWhatTheirLabelsPrint) {
  const v1::Observation* snapshot = FindObservation("children-in-need-2018-03-31");
  ASSERT_NE(snapshot, nullptr);
  EXPECT_EQ(snapshot->period().kind(), v1::Period::SNAPSHOT);
  EXPECT_EQ(Day(snapshot->period().start()), "2018-03-31");

  const v1::Observation* rolling = FindObservation("first-time-entrants-jul-2016-jun-2017");
  ASSERT_NE(rolling, nullptr);
  EXPECT_EQ(rolling->period().kind(), v1::Period::OTHER_SPAN);
  EXPECT_EQ(rolling->period().label(), "Jul 16 - Jun 17");
  EXPECT_EQ(Day(rolling->period().start()), "2016-07-01");
  EXPECT_EQ(Day(rolling->period().end()), "2017-06-30");

  const v1::Observation* year = FindObservation("school-absence-2015-16");
  ASSERT_NE(year, nullptr);
  EXPECT_EQ(year->period().kind(), v1::Period::ACADEMIC_YEAR);
  EXPECT_EQ(Day(year->period().end()), "2016-08-31");
}

TEST(FiguresDataTest, PoliceFiguresAreOfTheForceAreaAndFromThePolice) {
  for (const char* id : {"domestic-abuse-contacts-2017", "domestic-abuse-crimes-2017"}) {
    const v1::Observation* observation = FindObservation(id);
    ASSERT_NE(observation, nullptr) << id;
    EXPECT_EQ(observation->area(), "areas/e23000003") << id;
    const v1::Measure* measure = FindMeasure(LastIdentifier(observation->measure()));
    ASSERT_NE(measure, nullptr) << id;
    EXPECT_EQ(measure->provider(), "agencies/lancashire-constabulary") << id;
    EXPECT_THAT(measure->topics(), Contains("domestic-abuse")) << id;
  }
  const v1::Observation* council = FindObservation("domestic-abuse-families-2017-18");
  ASSERT_NE(council, nullptr);
  EXPECT_EQ(council->area(), "areas/e10000017");
}

TEST(FiguresDataTest, ProfilesOfFamiliesAddUpToTheirPrintedTotals) {
  std::map<std::string, double> years;
  std::map<std::string, double> totals;
  for (const v1::Observation& observation : Papers().observations()) {
    if (observation.comparator() != v1::Observation::PLANNED) continue;
    if (observation.source().document() != "scrutiny-2018-05") continue;
    if (observation.source().line() < 362 || observation.source().line() > 367) continue;
    auto& sums = observation.source().line() == 367 ? totals : years;
    sums[std::string(LastIdentifier(observation.measure()))] += observation.value();
  }
  EXPECT_EQ(years, totals);
  EXPECT_DOUBLE_EQ(totals["families-attached-in-year"], 8620);
  EXPECT_DOUBLE_EQ(totals["families-claims-in-year"], 6950);
  EXPECT_DOUBLE_EQ(totals["families-claims-aspiration"], 8620);
}

TEST(FiguresDataTest, CategoriesOfAdditiveMeasuresAddUpToTheirTotal) {
  std::map<std::string, double> parts;
  std::map<std::string, double> totals;
  for (const v1::Observation& observation : Papers().observations()) {
    const v1::Measure* measure = FindMeasure(LastIdentifier(observation.measure()));
    ASSERT_NE(measure, nullptr);
    if (!measure->additivity().over_category() || observation.breakdowns_size() != 1) continue;
    auto& sums = observation.breakdowns(0).item() == "Total" ? totals : parts;
    sums[measure->name()] += observation.value();
  }
  EXPECT_THAT(totals, SizeIs(3));
  for (const auto& [measure, total] : totals) EXPECT_DOUBLE_EQ(parts[measure], total) << measure;
}

TEST(FiguresDataTest, RanksStandBesideLancashiresOwnValue) {
  int ranked = 0;
  for (const v1::Observation& observation : Papers().observations()) {
    if (observation.rank() == 0) continue;
    ++ranked;
    EXPECT_EQ(observation.comparator(), v1::Observation::OWN) << observation.name();
    EXPECT_EQ(observation.source().document(), "peer-challenge-2014") << observation.name();
  }
  EXPECT_EQ(ranked, 14);
  const v1::Observation* statements = FindObservation("statements-in-26-weeks-autumn-2014");
  ASSERT_NE(statements, nullptr);
  EXPECT_EQ(statements->rank(), 1);
}

}  // namespace
}  // namespace concordat
