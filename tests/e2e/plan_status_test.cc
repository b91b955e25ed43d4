// Where does the partnership stand? Counts, the two clocks, lists and polls.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "concordat/v1/audit_service.pb.h"
#include "concordat/v1/measure_service.pb.h"
#include "concordat/v1/plan_service.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/moments.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kDevelopmentPlan[] = "plans/development-2018";

google::protobuf::Timestamp Instant(const std::string& instant) { return ToTimestamp(At(instant)); }

// The server's time of each test unless it says otherwise.
absl::Time November2019() { return At("2019-11-30T12:00:00Z"); }

// Reads alone, of one partnership.
class PlanReading : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    clock_ = new FakeClock(November2019());
    TestPartnership::Options options;
    options.clock = clock_;
    partnership_ = new TestPartnership(options);
  }
  static void TearDownTestSuite() {
    delete partnership_;
    delete clock_;
    partnership_ = nullptr;
    clock_ = nullptr;
  }
  static TestPartnership& partnership() { return *partnership_; }

  static v1::PlanStatus StatusOn(const std::string& day) {
    v1::GetPlanStatusRequest request;
    request.set_name(kDevelopmentPlan);
    *request.mutable_on() = Day(day);
    return partnership().Get<v1::PlanStatus>(kBoard, request);
  }

  static v1::Action ActionOn(const std::string& action, const std::string& day) {
    v1::GetActionRequest request;
    request.set_name(absl::StrCat(kDevelopmentPlan, "/actions/", action));
    *request.mutable_on() = Day(day);
    return partnership().Get<v1::Action>(kBoard, request);
  }

 private:
  static FakeClock* clock_;
  static TestPartnership* partnership_;
};

FakeClock* PlanReading::clock_ = nullptr;
TestPartnership* PlanReading::partnership_ = nullptr;

// What the colours of one group sum to.
int ColoursOf(const v1::PlanStatus::Group& group) {
  return group.red() + group.amber() + group.green() + group.blue() + group.not_reported();
}

template <typename Groups>
v1::PlanStatus::Group SumOf(const Groups& groups) {
  v1::PlanStatus::Group sum;
  for (const v1::PlanStatus::Group& group : groups) {
    sum.set_total(sum.total() + group.total());
    sum.set_red(sum.red() + group.red());
    sum.set_blue(sum.blue() + group.blue());
    sum.set_not_reported(sum.not_reported() + group.not_reported());
    sum.set_overdue(sum.overdue() + group.overdue());
    EXPECT_EQ(ColoursOf(group), group.total()) << group.key();
  }
  return sum;
}

TEST_F(PlanReading, TheDevelopmentPlanSumsTo109) {
  for (const std::string day : {"2018-11-01", "2018-11-30", "2018-12-01", "2019-06-30"}) {
    SCOPED_TRACE(day);
    const v1::PlanStatus status = StatusOn(day);
    EXPECT_EQ(status.total().total(), 109);
    EXPECT_EQ(ColoursOf(status.total()), 109);
    EXPECT_THAT(status.by_theme(), SizeIs(5));
    for (const auto& sum : {SumOf(status.by_theme()), SumOf(status.by_status())}) {
      EXPECT_EQ(sum.total(), 109);
      EXPECT_EQ(sum.red(), status.total().red());
      EXPECT_EQ(sum.blue(), status.total().blue());
      EXPECT_EQ(sum.not_reported(), status.total().not_reported());
      EXPECT_EQ(sum.overdue(), status.total().overdue());
    }
    EXPECT_THAT(status.by_recommendation(), SizeIs(11));
    EXPECT_FALSE(status.by_agency().empty());
  }
}

TEST_F(PlanReading, ByThemeCountsWhatTheFileHolds) {
  std::map<std::string, int> expected;
  const auto request = ReadDataFile<v1::ApplyPlanRequest>("plans/development-2018.yaml");
  for (const v1::Action& action : request.actions()) ++expected[action.theme()];
  std::map<std::string, int> counted;
  const v1::PlanStatus status = StatusOn("2018-11-30");
  for (const auto& group : status.by_theme()) counted[group.key()] = group.total();
  EXPECT_EQ(counted, expected);
}

TEST_F(PlanReading, OnDecidesWhatIsOverdueAndNothingElse) {
  const v1::PlanStatus before = StatusOn("2018-11-01");
  const v1::PlanStatus after = StatusOn("2018-12-01");
  EXPECT_GT(after.total().overdue(), before.total().overdue());
  EXPECT_GT(after.total().red(), before.total().red());
  EXPECT_EQ(after.total().red() - before.total().red(),
            before.total().not_reported() - after.total().not_reported());
  EXPECT_EQ(after.on().month(), 12);
}

TEST_F(PlanReading, UntilSomebodyReportsAnActionIsNotReportedAndSaysWhy) {
  // Due in November 2018.
  const v1::Action action = ActionOn("1.1.1", "2018-11-30");
  EXPECT_EQ(action.rag().effective(), v1::Rag::NOT_REPORTED);
  EXPECT_EQ(action.rag().reported(), v1::Rag::NOT_REPORTED);
  EXPECT_EQ(action.rag().reason(), v1::Rag::NO_REPORT);
  EXPECT_FALSE(action.overdue());
  EXPECT_EQ(action.status(), v1::Action::STATUS_UNSPECIFIED);
  EXPECT_EQ(action.due().kind(), v1::Due::BY_DATE);
}

TEST_F(PlanReading, TheDayAfterItsDueDateAnActionIsRedWithTheReason) {
  const v1::Action action = ActionOn("1.1.1", "2018-12-01");
  EXPECT_EQ(action.rag().effective(), v1::Rag::RED);
  EXPECT_EQ(action.rag().reason(), v1::Rag::PAST_DUE);
  EXPECT_EQ(action.rag().reported(), v1::Rag::NOT_REPORTED);
  EXPECT_TRUE(action.overdue());
  // What has been done is another matter than how it stands.
  EXPECT_EQ(action.status(), v1::Action::STATUS_UNSPECIFIED);
}

TEST_F(PlanReading, TheOverdueListIsWhatTheStatusCounts) {
  for (const std::string day : {"2018-11-30", "2018-12-01", "2019-03-31", "2019-04-01"}) {
    v1::ListActionsRequest request;
    request.set_parent(kDevelopmentPlan);
    request.set_overdue(true);
    request.set_page_size(1000);
    *request.mutable_on() = Day(day);
    const auto list = partnership().Get<v1::ListActionsResponse>(kBoard, request);
    EXPECT_EQ(list.actions_size(), StatusOn(day).total().overdue()) << day;
    for (const v1::Action& action : list.actions()) {
      EXPECT_EQ(action.rag().reason(), v1::Rag::PAST_DUE);
    }
  }
}

TEST_F(PlanReading, WithoutOnTheDayIsTheServersOrTheLastOfWhatWasKnown) {
  v1::GetPlanStatusRequest request;
  request.set_name(kDevelopmentPlan);
  EXPECT_EQ(FormatDay(*ToCivilDay(partnership().Get<v1::PlanStatus>(kBoard, request).on())),
            "2019-11-30");
  // The end is excluded: the first instant of December is the end of November.
  *request.mutable_as_of() = Instant("2018-12-01T00:00:00Z");
  EXPECT_EQ(FormatDay(*ToCivilDay(partnership().Get<v1::PlanStatus>(kBoard, request).on())),
            "2018-11-30");
  *request.mutable_as_of() = Instant("2018-12-01T00:00:00.000001Z");
  EXPECT_EQ(FormatDay(*ToCivilDay(partnership().Get<v1::PlanStatus>(kBoard, request).on())),
            "2018-12-01");
}

TEST_F(PlanReading, BeforeItsDocumentAPlanIsNotKnown) {
  // Known from the first instant of its document's day in London.
  v1::GetPlanStatusRequest status;
  status.set_name(kDevelopmentPlan);
  *status.mutable_as_of() = Instant("2018-11-01T00:00:00Z");
  EXPECT_TRUE(RefusedWith(partnership().Ask<v1::PlanStatus>(kBoard, status).outcome,
                          v1::RESOURCE_NOT_FOUND));
  *status.mutable_as_of() = Instant("2018-11-01T00:00:00.000001Z");
  EXPECT_EQ(partnership().Get<v1::PlanStatus>(kBoard, status).total().total(), 109);

  v1::GetPlanRequest plan;
  plan.set_name("plans/send-wsoa-2018");
  // 27 June 2018, in summer time.
  *plan.mutable_as_of() = Instant("2018-06-26T23:00:00Z");
  EXPECT_TRUE(
      RefusedWith(partnership().Ask<v1::Plan>(kBoard, plan).outcome, v1::RESOURCE_NOT_FOUND));
  *plan.mutable_as_of() = Instant("2018-06-26T23:00:01Z");
  EXPECT_TRUE(partnership().Ask<v1::Plan>(kBoard, plan).ok());

  v1::GetActionRequest action;
  action.set_name("plans/development-2018/actions/1.1.1");
  *action.mutable_as_of() = Instant("2018-10-31T12:00:00Z");
  EXPECT_TRUE(
      RefusedWith(partnership().Ask<v1::Action>(kBoard, action).outcome, v1::RESOURCE_NOT_FOUND));

  v1::ListActionsRequest list;
  list.set_parent(kDevelopmentPlan);
  *list.mutable_as_of() = action.as_of();
  EXPECT_TRUE(RefusedWith(partnership().Ask<v1::ListActionsResponse>(kBoard, list).outcome,
                          v1::RESOURCE_NOT_FOUND));

  v1::ListPlansRequest plans;
  *plans.mutable_as_of() = action.as_of();
  std::vector<std::string> names;
  for (const auto known = partnership().Get<v1::ListPlansResponse>(kBoard, plans);
       const v1::Plan& known_plan : known.plans()) {
    names.push_back(known_plan.name());
  }
  EXPECT_THAT(names, ElementsAre("plans/key-stage-4-recovery-2018", "plans/send-wsoa-2018"));
}

TEST_F(PlanReading, AReferenceStandsInItsPlanAndIsListedOnceAcrossPlans) {
  std::multiset<std::string> across;
  v1::ListActionsRequest request;
  request.set_parent("plans/-");
  do {
    const auto page = partnership().Get<v1::ListActionsResponse>(kBoard, request);
    for (const v1::Action& action : page.actions()) {
      EXPECT_THAT(action.refers_to(), IsEmpty());
      across.insert(action.name());
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());

  std::set<std::string> expected;
  std::vector<v1::Action> references;
  for (const std::string file :
       {"plans/development-2018.yaml", "plans/domestic-abuse-strategy-2018.yaml",
        "plans/key-stage-4-recovery-2018.yaml", "plans/neglect-strategy-2018.yaml",
        "plans/send-wsoa-2018.yaml"}) {
    for (const auto plan = ReadDataFile<v1::ApplyPlanRequest>(file);
         const v1::Action& action : plan.actions()) {
      if (action.refers_to().empty()) {
        expected.insert(action.name());
      } else {
        references.push_back(action);
      }
    }
  }
  EXPECT_EQ(std::set<std::string>(across.begin(), across.end()), expected);
  EXPECT_EQ(across.size(), expected.size());

  ASSERT_FALSE(references.empty());
  for (const v1::Action& reference : references) {
    v1::GetActionRequest get;
    get.set_name(reference.name());
    const auto shown = partnership().Get<v1::Action>(kBoard, get);
    get.set_name(reference.refers_to());
    const auto target = partnership().Get<v1::Action>(kBoard, get);
    EXPECT_EQ(shown.display_name(), target.display_name());
    EXPECT_EQ(shown.due().SerializeAsString(), target.due().SerializeAsString());
    EXPECT_EQ(shown.rag().SerializeAsString(), target.rag().SerializeAsString());
    EXPECT_EQ(shown.reference(), target.reference());
  }
}

// Everything in a list at this page size, as serialised items.
template <typename Response, typename Request, typename ItemsOf>
std::vector<std::string> Collect(TestPartnership& partnership, const Partner& partner,
                                 Request request, int page_size, ItemsOf items_of) {
  std::vector<std::string> items;
  request.set_page_size(page_size);
  do {
    const auto page = partnership.Get<Response>(partner, request);
    EXPECT_TRUE(page_size == 0 || items_of(page).size() <= page_size);
    for (const auto& item : items_of(page)) items.push_back(item.SerializeAsString());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return items;
}

TEST_F(PlanReading, EveryPageSizeGivesTheSameList) {
  v1::ListActionsRequest actions;
  actions.set_parent("plans/-");
  const auto actions_of = [](const v1::ListActionsResponse& page) { return page.actions(); };
  const auto whole =
      Collect<v1::ListActionsResponse>(partnership(), kBoard, actions, 1000, actions_of);
  EXPECT_GT(whole.size(), 180U);
  for (const int size : {0, 1, 2, 7, 99, 109, static_cast<int>(whole.size()), 2147483647}) {
    EXPECT_EQ(Collect<v1::ListActionsResponse>(partnership(), kBoard, actions, size, actions_of),
              whole)
        << size;
  }

  v1::ListObservationsRequest figures;
  figures.set_parent("releases/-");
  const auto figures_of = [](const auto& page) { return page.observations(); };
  const auto all_figures =
      Collect<v1::ListObservationsResponse>(partnership(), kPolice, figures, 1000, figures_of);
  for (const int size : {1, 10, static_cast<int>(all_figures.size())}) {
    EXPECT_EQ(
        Collect<v1::ListObservationsResponse>(partnership(), kPolice, figures, size, figures_of),
        all_figures);
  }

  const auto measures_of = [](const v1::ListMeasuresResponse& page) { return page.measures(); };
  const auto measures = Collect<v1::ListMeasuresResponse>(
      partnership(), kBoard, v1::ListMeasuresRequest(), 1000, measures_of);
  EXPECT_EQ(measures.size(), 137U);
  EXPECT_EQ(Collect<v1::ListMeasuresResponse>(partnership(), kBoard, v1::ListMeasuresRequest(), 10,
                                              measures_of),
            measures);
}

TEST_F(PlanReading, TheAuditLogIsPagedWithoutHolesWhileItGrows) {
  std::vector<uint64_t> indexes;
  v1::ListAuditEntriesRequest request;
  request.set_page_size(3);
  for (int page = 0; page < 5; ++page) {
    // Each of these calls adds a record itself, at the other end.
    const auto list = partnership().Get<v1::ListAuditEntriesResponse>(kAuditor, request);
    for (const v1::AuditEntry& entry : list.entries()) indexes.push_back(entry.index());
    request.set_page_token(list.next_page_token());
  }
  ASSERT_EQ(indexes.size(), 15U);
  for (size_t i = 1; i < indexes.size(); ++i) EXPECT_EQ(indexes[i], indexes[i - 1] - 1);
}

TEST_F(PlanReading, NegativePageSizesAreRefusedByName) {
  v1::ListActionsRequest request;
  request.set_parent("plans/-");
  for (const int size : {-1, -2147483647 - 1}) {
    request.set_page_size(size);
    const Outcome outcome = partnership().Ask<v1::ListActionsResponse>(kBoard, request).outcome;
    EXPECT_TRUE(RefusedWith(outcome, v1::FIELDS_INVALID));
    const auto bad = PayloadOf<google::rpc::BadRequest>(outcome.error());
    ASSERT_TRUE(bad.has_value());
    ASSERT_EQ(bad->field_violations_size(), 1);
    EXPECT_EQ(bad->field_violations(0).field(), "page_size");
  }
}

TEST_F(PlanReading, APageTokenIsGoodForItsQueryItsClientAndItsServerAlone) {
  v1::ListActionsRequest request;
  request.set_parent("plans/-");
  request.set_page_size(5);
  const std::string token =
      partnership().Get<v1::ListActionsResponse>(kBoard, request).next_page_token();
  ASSERT_FALSE(token.empty());
  request.set_page_token(token);
  EXPECT_TRUE(partnership().Ask<v1::ListActionsResponse>(kBoard, request).ok());

  const auto expect_invalid = [&](const Partner& partner, const v1::ListActionsRequest& changed) {
    EXPECT_TRUE(RefusedWith(partnership().Ask<v1::ListActionsResponse>(partner, changed).outcome,
                            v1::PAGE_TOKEN_INVALID))
        << changed.ShortDebugString();
  };
  // Another client, of another agency and of the same.
  expect_invalid(kCouncil, request);
  expect_invalid(kPolice, request);
  // Another query.
  v1::ListActionsRequest changed = request;
  changed.set_parent(kDevelopmentPlan);
  expect_invalid(kBoard, changed);
  changed = request;
  changed.set_topic("neglect");
  expect_invalid(kBoard, changed);
  changed = request;
  *changed.mutable_on() = Day("2018-11-30");
  expect_invalid(kBoard, changed);
  // Another method with the same field.
  v1::ListPlansRequest plans;
  plans.set_page_token(token);
  EXPECT_TRUE(RefusedWith(partnership().Ask<v1::ListPlansResponse>(kBoard, plans).outcome,
                          v1::PAGE_TOKEN_INVALID));
  // Damaged at every place, cut, and made up.
  for (size_t i = 0; i < token.size(); ++i) {
    changed.CopyFrom(request);
    std::string damaged = token;
    damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
    changed.set_page_token(damaged);
    const Outcome outcome = partnership().Ask<v1::ListActionsResponse>(kBoard, changed).outcome;
    EXPECT_TRUE(RefusedWith(outcome, v1::PAGE_TOKEN_INVALID)) << i;
  }
  for (const std::string& made_up : {std::string("x"), std::string("!!"), token.substr(1),
                                     token.substr(0, token.size() / 2), token + "AAAA"}) {
    changed.CopyFrom(request);
    changed.set_page_token(made_up);
    expect_invalid(kBoard, changed);
  }
}

TEST_F(PlanReading, APageTokenOfAnotherServerIsRefused) {
  FakeClock clock(November2019());
  TestPartnership::Options options;
  options.clock = &clock;
  options.own_database = true;
  TestPartnership other(options);
  v1::ListActionsRequest request;
  request.set_parent("plans/-");
  request.set_page_size(5);
  request.set_page_token(other.Get<v1::ListActionsResponse>(kBoard, request).next_page_token());
  ASSERT_FALSE(request.page_token().empty());
  EXPECT_TRUE(other.Ask<v1::ListActionsResponse>(kBoard, request).ok());
  EXPECT_TRUE(RefusedWith(partnership().Ask<v1::ListActionsResponse>(kBoard, request).outcome,
                          v1::PAGE_TOKEN_INVALID));
}

TEST_F(PlanReading, MalformedNamesAreRefusedByField) {
  for (const std::string name : {"", "plans", "plans/", "plans/A", "plans/a/b", "/plans/a",
                                 "plans/a ", "plans/-", "plans/\xc3\xa9", "measures/a"}) {
    v1::GetPlanRequest request;
    request.set_name(name);
    const Outcome outcome = partnership().Ask<v1::Plan>(kBoard, request).outcome;
    EXPECT_TRUE(RefusedWith(outcome, v1::FIELDS_INVALID)) << name;
    const auto bad = PayloadOf<google::rpc::BadRequest>(outcome.error());
    ASSERT_TRUE(bad.has_value()) << name;
    EXPECT_EQ(bad->field_violations(0).field(), "name");
  }
}

// Polls of a plan that changes.
class PlanPolling : public testing::Test {
 protected:
  PlanPolling()
      : clock_(November2019()),
        partnership_([&] {
          TestPartnership::Options options;
          options.clock = &clock_;
          return options;
        }()),
        plan_(ReadDataFile<v1::ApplyPlanRequest>("plans/development-2018.yaml")) {}

  v1::ListActionsResponse Poll(const std::optional<google::protobuf::Timestamp>& since,
                               const std::string& parent = kDevelopmentPlan) {
    v1::ListActionsRequest request;
    request.set_parent(parent);
    request.set_page_size(1000);
    if (since.has_value()) *request.mutable_changed_since() = *since;
    return partnership_.Get<v1::ListActionsResponse>(kBoard, request);
  }
  void Apply() { partnership_.Get<v1::ApplyPlanResponse>(kBoard, plan_); }

  static std::vector<std::string> NamesOf(const v1::ListActionsResponse& list) {
    std::vector<std::string> names;
    for (const v1::Action& action : list.actions()) names.push_back(action.name());
    return names;
  }

  FakeClock clock_;
  TestPartnership partnership_;
  v1::ApplyPlanRequest plan_;
};

TEST_F(PlanPolling, ChangedSinceGivesWhatChangedAndWhatWasRemovedOnce) {
  google::protobuf::Timestamp since = Poll(std::nullopt).read_time();
  EXPECT_THAT(Poll(since).actions(), IsEmpty());

  // The clock stands still: only the order of commits tells the changes apart.
  plan_.mutable_actions(0)->set_status(v1::Action::UNDERWAY);
  Apply();
  const v1::ListActionsResponse revised = Poll(since);
  EXPECT_THAT(NamesOf(revised), ElementsAre(plan_.actions(0).name()));
  EXPECT_EQ(revised.actions(0).status(), v1::Action::UNDERWAY);
  EXPECT_EQ(revised.actions(0).revision(), 2);

  // Between the answer of one poll and the next, none is missed.
  since = revised.read_time();
  const std::string removed = plan_.actions(108).name();
  plan_.mutable_actions()->RemoveLast();
  Apply();
  const v1::ListActionsResponse after = Poll(since);
  EXPECT_THAT(NamesOf(after), ElementsAre(removed));
  EXPECT_TRUE(after.actions(0).removed());
  EXPECT_THAT(Poll(after.read_time()).actions(), IsEmpty());
  EXPECT_THAT(NamesOf(Poll(since, "plans/-")), ElementsAre(removed));
  // Without `changed_since` it is no longer there.
  EXPECT_EQ(Poll(std::nullopt).actions_size(), 108);
}

TEST_F(PlanPolling, APollThatIsRepeatedFromTheSamePointMissesNothing) {
  const google::protobuf::Timestamp since = Poll(std::nullopt).read_time();
  std::set<std::string> changed;
  for (int i = 0; i < 5; ++i) {
    plan_.mutable_actions(i)->set_status(v1::Action::PLANNED);
    changed.insert(plan_.actions(i).name());
    Apply();
    // A clock that goes backwards hides no change.
    clock_.Advance(-absl::Hours(1));
    const std::vector<std::string> names = NamesOf(Poll(since));
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()), changed);
  }
}

TEST_F(PlanPolling, PagesOfOneListDoNotMoveWhenThePlanDoes) {
  v1::ListActionsRequest request;
  request.set_parent(kDevelopmentPlan);
  request.set_page_size(50);
  std::vector<std::string> names;
  auto page = partnership_.Get<v1::ListActionsResponse>(kBoard, request);
  for (const std::string& name : NamesOf(page)) names.push_back(name);
  plan_.mutable_actions()->DeleteSubrange(50, 59);
  Apply();
  while (!page.next_page_token().empty()) {
    request.set_page_token(page.next_page_token());
    page = partnership_.Get<v1::ListActionsResponse>(kBoard, request);
    for (const std::string& name : NamesOf(page)) names.push_back(name);
  }
  EXPECT_EQ(names.size(), 109U);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 109U);
}

TEST_F(PlanPolling, AReadOfThePastSurvivesReferencesThatFormARing) {
  const std::string name = absl::StrCat(kDevelopmentPlan, "/actions/1.2.1");
  auto strategy = ReadDataFile<v1::ApplyPlanRequest>("plans/neglect-strategy-2018.yaml");
  std::string referring;
  for (v1::Action& action : *strategy.mutable_actions()) {
    if (action.refers_to() != name) continue;
    referring = action.name();
    action.clear_refers_to();
    action.set_display_name("An action of its own");
  }
  ASSERT_FALSE(referring.empty());
  *strategy.mutable_plan()->mutable_document_date() = Day("2018-12-10");
  partnership_.Get<v1::ApplyPlanResponse>(kBoard, strategy);
  for (v1::Action& action : *plan_.mutable_actions()) {
    if (action.name() != name) continue;
    action.set_refers_to(referring);
    action.clear_display_name();
    action.clear_due();
    action.clear_leads();
    action.clear_status();
    action.clear_expected_outcome();
  }
  *plan_.mutable_plan()->mutable_document_date() = Day("2018-12-01");
  Apply();
  // Then the one was a reference already, and the other still.
  v1::GetActionRequest request;
  *request.mutable_as_of() = Instant("2018-12-05T00:00:00Z");
  for (const std::string& each : {name, referring}) {
    request.set_name(each);
    const auto action = partnership_.Get<v1::Action>(kBoard, request);
    EXPECT_EQ(action.name(), each);
    EXPECT_EQ(action.display_name(), "");
    EXPECT_NE(action.refers_to(), "");
  }
  v1::ListActionsRequest list;
  list.set_parent("plans/-");
  *list.mutable_as_of() = request.as_of();
  EXPECT_GT(partnership_.Get<v1::ListActionsResponse>(kPolice, list).actions_size(), 0);
}

TEST_F(PlanPolling, AsOfStillTellsWhatWasKnownBeforeANewerDocument) {
  // The council prints the plan again a year later, with its first action done.
  *plan_.mutable_plan()->mutable_document_date() = Day("2019-11-01");
  plan_.mutable_actions(0)->set_status(v1::Action::COMPLETE);
  Apply();
  v1::GetActionRequest request;
  request.set_name(plan_.actions(0).name());
  const auto now = partnership_.Get<v1::Action>(kBoard, request);
  EXPECT_EQ(now.rag().effective(), v1::Rag::BLUE);
  EXPECT_EQ(now.rag().reason(), v1::Rag::STATUS_COMPLETE);
  EXPECT_FALSE(now.overdue());
  *request.mutable_as_of() = Instant("2019-11-01T00:00:00Z");
  const auto before = partnership_.Get<v1::Action>(kBoard, request);
  EXPECT_EQ(before.rag().effective(), v1::Rag::RED);
  EXPECT_EQ(before.revision(), 1);
}

}  // namespace
}  // namespace concordat::e2e
