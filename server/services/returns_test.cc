// Returns against figures in a real store: what came, in which revisions, decides.
#include "server/services/returns.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "concordat/v1/measure.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/services/apply.h"
#include "server/services/service_test.h"

namespace concordat::services {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using v1::Return;

using Day = absl::CivilDay;

constexpr char kPolice[] = "agencies/police";
constexpr char kTrust[] = "agencies/trust";
constexpr char kFeed[] = "agencies/police/clients/feed";
constexpr char kFirst[] = "measures/calls/returns/2018-19-q1.police";
constexpr char kPeriod[] = "2018-04-01/2018-06-30/4";
const std::vector<v1::Role> kContributor = {v1::CONTRIBUTOR};
const std::vector<v1::Role> kOffice = {v1::COORDINATOR};

class ReturnsTest : public ServiceTest {
 protected:
  // Quarterly since April 2018, due 30 days later: the police owe two areas, the trust
  // one.
  ReturnsTest() {
    calls_.set_name("measures/calls");
    calls_.set_display_name("Calls");
    calls_.set_frequency(v1::Measure::EACH_QUARTER);
    calls_.set_lag_days(30);
    *calls_.mutable_collected_from() = ToDate(Day(2018, 4, 1));
    AddDuty(kPolice, {"areas/a", "areas/b"});
    AddDuty(kTrust, {"areas/c"});
    PutMeasure();
  }

  void AddDuty(const std::string& agency, const std::vector<std::string>& areas) {
    v1::Measure::Duty& duty = *calls_.add_duties();
    duty.set_agency(agency);
    for (const std::string& area : areas) duty.add_areas(area);
    duty.set_contact(absl::StrCat("figures@", agency.substr(9), ".example"));
  }
  void PutMeasure() {
    store::Row row;
    row.name = calls_.name();
    row.recorded = kNoon;
    row.body = StoredBytes(calls_);
    // Before all that the tests do: times of commits only rise.
    Put(store::Kind::kMeasure, row, StartOf(Day(1995, 1, 1)));
  }
  // Submits a figure of each area, at noon of `day`, broken down when `breakdown` says.
  void Submit(const std::string& name, const std::vector<std::string>& areas, Day day,
              const std::string& breakdown = "") {
    std::vector<store::FigureRow> figures;
    for (const std::string& area : areas) {
      store::FigureRow figure;
      figure.measure = calls_.name();
      figure.key = {kPeriod, area, breakdown};
      figure.row = static_cast<int64_t>(figures.size()) + 1;
      figures.push_back(figure);
    }
    const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
    Must(batch->StageFigures(name, kPolice, figures));
    Must(batch->BeginChange(StartOf(day) + absl::Hours(12)));
    store::Row row;
    row.name = name;
    row.recorded = StartOf(day) + absl::Hours(12);
    Must(batch->transaction().ApplySubmission(grant_, row));
    Must(batch->KeepChange());
    Must(batch->Commit());
  }

  // A call of the police's feed with these roles, or of the board, over everything.
  door::Call CallOn(Day day, std::vector<v1::Role> roles = kOffice) const {
    return door::CallReactor::MakeCall(store::Everything(), kFeed, "", StartOf(day), {},
                                       std::move(roles));
  }
  v1::ListReturnsResponse List(Day day, const v1::ListReturnsRequest& request = {}) const {
    return Must(ListReturns(*store_, CallOnOfAll(day), request));
  }
  // A grant of SELF that sees all, as an auditor's does.
  static door::Call CallOnOfAll(Day day) {
    return door::CallReactor::MakeCall(GrantOf(v1::AUDITOR), kFeed, "", StartOf(day));
  }
  static auth::Grant GrantOf(v1::Role role) {
    auth::Principal principal;
    principal.agency = kPolice;
    principal.roles = {role};
    v1::AccessRule rule;
    rule.set_basis(v1::AccessRule::SELF);
    rule.set_data_set(v1::RETURNS);
    rule.set_permission(v1::AccessRule::READ);
    return auth::Policy({}).Authorise(principal, rule, {}, kNoon).value();
  }
  // `identifier STATE areas_received` of each.
  static std::vector<std::string> Texts(const v1::ListReturnsResponse& list) {
    std::vector<std::string> texts;
    for (const Return& one : list.returns()) {
      const std::string name(absl::string_view(one.name()).substr(23));
      texts.push_back(
          absl::StrCat(name, " ", Return::State_Name(one.state()), " ", one.areas_received()));
    }
    return texts;
  }
  absl::StatusOr<Return> Say(Return::State state, std::vector<v1::Role> roles, Day day,
                             const std::string& name = kFirst) {
    request_.set_name(name);
    request_.set_state(state);
    request_.set_reason("The office said so");
    absl::StatusOr<Return> answer;
    Commit(
        [&](store::Transaction& transaction) {
          answer = SetReturnState(CallOn(day, std::move(roles)), request_, transaction);
        },
        StartOf(day) + absl::Hours(12));
    return answer;
  }
  absl::StatusOr<v1::ChaseReturnsResponse> TryChase(Day day,
                                                    const v1::ChaseReturnsRequest& request) {
    absl::StatusOr<v1::ChaseReturnsResponse> answer;
    Commit(
        [&](store::Transaction& transaction) {
          answer = ChaseReturns(CallOn(day), request, transaction);
        },
        StartOf(day) + absl::Hours(12));
    return answer;
  }
  v1::ChaseReturnsResponse Chase(Day day, const v1::ChaseReturnsRequest& request = {}) {
    return Must(TryChase(day, request));
  }

  v1::Measure calls_;
  v1::SetReturnStateRequest request_;
};

TEST_F(ReturnsTest, AreListedByDueDayAndName) {
  EXPECT_THAT(Texts(List(Day(2018, 6, 30))), IsEmpty());
  EXPECT_THAT(Texts(List(Day(2018, 7, 1))),
              ElementsAre("2018-19-q1.police DUE 0", "2018-19-q1.trust DUE 0"));
  EXPECT_THAT(Texts(List(Day(2018, 10, 1))),
              ElementsAre("2018-19-q1.police OVERDUE 0", "2018-19-q1.trust OVERDUE 0",
                          "2018-19-q2.police DUE 0", "2018-19-q2.trust DUE 0"));
}

TEST_F(ReturnsTest, NameTheirAreas) {
  v1::Area area;
  area.set_display_name("Burnley");
  store::Row row;
  row.name = "areas/b";
  row.body = StoredBytes(area);
  Put(store::Kind::kArea, row, StartOf(Day(1995, 1, 2)));
  EXPECT_THAT(List(Day(2018, 7, 1)).returns(0).area_display_names(), ElementsAre("", "Burnley"));
}

TEST_F(ReturnsTest, AreReceivedByTheTotalsOfTheirAreas) {
  Submit("submissions/1", {"areas/a"}, Day(2018, 7, 10));
  EXPECT_THAT(Texts(List(Day(2018, 7, 11))),
              ElementsAre("2018-19-q1.police DUE 1", "2018-19-q1.trust DUE 0"));
  Submit("submissions/2", {"areas/b"}, Day(2018, 7, 11), "place=Home");
  EXPECT_EQ(List(Day(2018, 7, 12)).returns(0).areas_received(), 1) << "a part is no total";
  Submit("submissions/3", {"areas/b"}, Day(2018, 8, 1));
  const Return late = List(Day(2018, 8, 2)).returns(0);
  EXPECT_EQ(late.state(), Return::RECEIVED_LATE);
  EXPECT_EQ(late.submission(), "submissions/3");
  EXPECT_EQ(DayOf(ToTime(late.received_time())), Day(2018, 8, 1));
}

TEST_F(ReturnsTest, SeeTheTotalsOfAllAreasPastTheirBreakdowns) {
  int submission = 0;
  for (const char* breakdown : {"", "place=Home", "place=Park", "place=~"}) {
    Submit(absl::StrCat("submissions/", ++submission), {"areas/a", "areas/b", "areas/c"},
           Day(2018, 7, 10), breakdown);
  }
  EXPECT_THAT(Texts(List(Day(2018, 7, 11))),
              ElementsAre("2018-19-q1.police RECEIVED 2", "2018-19-q1.trust RECEIVED 1"));
}

TEST_F(ReturnsTest, AreNotMadeLateByARevision) {
  Submit("submissions/1", {"areas/a", "areas/b"}, Day(2018, 7, 10));
  Submit("submissions/2", {"areas/a"}, Day(2018, 9, 10));
  const Return received = List(Day(2018, 9, 11)).returns(0);
  EXPECT_EQ(received.state(), Return::RECEIVED);
  EXPECT_EQ(received.submission(), "submissions/2");
}

TEST_F(ReturnsTest, AreFilteredByEveryField) {
  const Day day(2018, 12, 1);
  Submit("submissions/1", {"areas/a", "areas/b"}, Day(2018, 7, 10));
  v1::ListReturnsRequest request;
  request.set_agency(kTrust);
  EXPECT_THAT(Texts(List(day, request)),
              ElementsAre("2018-19-q1.trust OVERDUE 0", "2018-19-q2.trust OVERDUE 0"));
  *request.mutable_period_from() = ToDate(Day(2018, 9, 30));
  EXPECT_THAT(Texts(List(day, request)), ElementsAre("2018-19-q2.trust OVERDUE 0"));
  *request.mutable_period_to() = ToDate(Day(2018, 9, 29));
  EXPECT_THAT(Texts(List(day, request)), IsEmpty());
  request.Clear();
  request.add_states(Return::RECEIVED);
  EXPECT_THAT(Texts(List(day, request)), ElementsAre("2018-19-q1.police RECEIVED 2"));
  request.Clear();
  request.set_measure("measures/calls");
  EXPECT_THAT(List(day, request).returns(), SizeIs(4));
  request.Clear();
  *request.mutable_on() = ToDate(Day(2018, 7, 1));
  EXPECT_THAT(Texts(List(day, request)),
              ElementsAre("2018-19-q1.police RECEIVED 2", "2018-19-q1.trust DUE 0"));
  *request.mutable_on() = ToDate(day + 367);
  EXPECT_EQ(ReasonOf(ListReturns(*store_, CallOnOfAll(day), request).status()), v1::FIELDS_INVALID);
}

TEST_F(ReturnsTest, OfAMeasureThatNobodyOwesAreRefusedTheSameWhetherItExistsOrNot) {
  v1::Measure free;
  free.set_name("measures/free");
  store::Row row;
  row.name = free.name();
  row.recorded = kNoon;
  row.body = StoredBytes(free);
  Put(store::Kind::kMeasure, row, StartOf(Day(1996, 1, 1)));
  calls_.set_name("measures/trusts");
  calls_.clear_duties();
  AddDuty(kTrust, {"areas/c"});
  row.name = calls_.name();
  row.body = StoredBytes(calls_);
  Put(store::Kind::kMeasure, row, StartOf(Day(1997, 1, 1)));

  const Day day(2018, 12, 1);
  v1::ListReturnsRequest request;
  const auto refusal = [&](v1::Role role, const std::string& measure) {
    request.set_measure(measure);
    const door::Call call = door::CallReactor::MakeCall(GrantOf(role), kFeed, "", StartOf(day));
    return std::string(ListReturns(*store_, call, request).status().message());
  };
  EXPECT_EQ(refusal(v1::AUDITOR, "measures/trusts"), "");
  EXPECT_THAT(refusal(v1::AUDITOR, "measures/free"), HasSubstr("measure"));
  EXPECT_EQ(refusal(v1::AUDITOR, "measures/none"), refusal(v1::AUDITOR, "measures/free"));
  EXPECT_EQ(refusal(v1::CONTRIBUTOR, "measures/calls"), "");
  EXPECT_THAT(refusal(v1::CONTRIBUTOR, "measures/none"), HasSubstr("measure"));
  EXPECT_EQ(refusal(v1::CONTRIBUTOR, "measures/trusts"), refusal(v1::CONTRIBUTOR, "measures/none"));
}

TEST_F(ReturnsTest, ComeInPagesThatMissNothingAndRepeatNothing) {
  const Day day(2020, 1, 1);
  const std::vector<std::string> all = Texts(List(day));
  ASSERT_THAT(all, SizeIs(14));
  std::vector<std::string> paged;
  v1::ListReturnsRequest request;
  request.set_page_size(3);
  do {
    const v1::ListReturnsResponse page = List(day, request);
    EXPECT_LE(page.returns_size(), 3);
    for (const std::string& text : Texts(page)) paged.push_back(text);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(paged, all);
}

TEST_F(ReturnsTest, ShowAnAgencyItsOwnAlone) {
  const door::Call reader =
      door::CallReactor::MakeCall(GrantOf(v1::READER), kFeed, "", StartOf(Day(2018, 7, 1)));
  EXPECT_THAT(Texts(Must(ListReturns(*store_, reader, {}))),
              ElementsAre("2018-19-q1.police DUE 0"));
  v1::ListReturnsRequest request;
  request.set_agency(kTrust);
  EXPECT_EQ(ReasonOf(ListReturns(*store_, reader, request).status()), v1::OUT_OF_SCOPE);
}

TEST_F(ReturnsTest, AreSaidToHaveNoFiguresByTheirAgency) {
  const Day day(2018, 8, 10);
  const absl::StatusOr<Return> said = Say(Return::NOT_AVAILABLE, kContributor, day);
  ASSERT_TRUE(said.ok()) << said.status();
  EXPECT_EQ(said->state(), Return::NOT_AVAILABLE);
  EXPECT_EQ(said->reason(), "The office said so");
  EXPECT_EQ(said->set_by(), kFeed);
  EXPECT_EQ(List(day).returns(0).etag(), said->etag());
  EXPECT_THAT(Texts(List(day)),
              ElementsAre("2018-19-q1.police NOT_AVAILABLE 0", "2018-19-q1.trust OVERDUE 0"));
  // What then comes counts all the same.
  Submit("submissions/1", {"areas/a", "areas/b"}, day);
  EXPECT_EQ(List(day).returns(0).state(), Return::RECEIVED_LATE);
}

TEST_F(ReturnsTest, AreExtendedAndQueriedByTheOfficeAlone) {
  const Day day(2018, 8, 10);
  *request_.mutable_extended_to() = ToDate(Day(2018, 8, 31));
  EXPECT_EQ(ReasonOf(Say(Return::EXTENDED, kContributor, day).status()), v1::ROLE_MISSING);
  const absl::StatusOr<Return> extended = Say(Return::EXTENDED, kOffice, day);
  ASSERT_TRUE(extended.ok()) << extended.status();
  EXPECT_EQ(extended->state(), Return::EXTENDED);
  EXPECT_EQ(ToCivilDay(extended->due()), Day(2018, 8, 31));
  // It is now due after the trust's.
  EXPECT_THAT(Texts(List(day)),
              ElementsAre("2018-19-q1.trust OVERDUE 0", "2018-19-q1.police EXTENDED 0"));

  request_.clear_extended_to();
  EXPECT_EQ(ReasonOf(Say(Return::QUERIED, kOffice, day).status()), v1::FIELDS_INVALID)
      << "there is nothing to ask about";
  EXPECT_EQ(ReasonOf(Say(Return::QUERIED, kContributor, day).status()), v1::ROLE_MISSING);
  Submit("submissions/1", {"areas/a"}, day);
  ASSERT_TRUE(Say(Return::QUERIED, kOffice, day).ok());
  EXPECT_EQ(ReasonOf(Say(Return::NIL, kContributor, day).status()), v1::ROLE_MISSING)
      << "the board's question is not the agency's to close";
  const absl::StatusOr<Return> nothing = Say(Return::STATE_UNSPECIFIED, kOffice, day);
  ASSERT_TRUE(nothing.ok()) << nothing.status();
  EXPECT_EQ(nothing->state(), Return::OVERDUE);
}

TEST_F(ReturnsTest, TakeOnlyWhatMakesSense) {
  const Day day(2018, 8, 10);
  for (const Return::State state :
       {Return::DUE, Return::RECEIVED, Return::RECEIVED_LATE, Return::OVERDUE, Return::EXTENDED}) {
    EXPECT_EQ(ReasonOf(Say(state, kOffice, day).status()), v1::FIELDS_INVALID) << state;
  }
  for (const Day extended_to : {Day(2018, 7, 30), Day(2019, 8, 1)}) {
    *request_.mutable_extended_to() = ToDate(extended_to);
    EXPECT_EQ(ReasonOf(Say(Return::EXTENDED, kOffice, day).status()), v1::FIELDS_INVALID);
  }
  EXPECT_EQ(ReasonOf(Say(Return::NIL, kOffice, day).status()), v1::FIELDS_INVALID)
      << "only an extension has a day";
  request_.clear_extended_to();
  Submit("submissions/1", {"areas/a", "areas/b"}, day);
  EXPECT_EQ(ReasonOf(Say(Return::NIL, kOffice, day).status()), v1::FIELDS_INVALID)
      << "the figures are there";
}

TEST_F(ReturnsTest, OfOthersAreOutOfScopeWhetherTheyExistOrNot) {
  const Day day(2018, 8, 10);
  for (const char* name : {"measures/calls/returns/2018-19-q1.trust",
                           "measures/none/returns/2018-19-q1.trust", "measures/calls/returns/x"}) {
    EXPECT_EQ(ReasonOf(Say(Return::NIL, kContributor, day, name).status()), v1::OUT_OF_SCOPE);
  }
  for (const char* name :
       {"measures/none/returns/2018-19-q1.police", "measures/calls/returns/2018-19-q2.police",
        "measures/calls/returns/2017-18-q1.police"}) {
    EXPECT_EQ(ReasonOf(Say(Return::NIL, kContributor, day, name).status()), v1::RESOURCE_NOT_FOUND)
        << name;
  }
}

TEST_F(ReturnsTest, AreNotOverwrittenByWhoSawAnEarlierState) {
  const Day day(2018, 8, 10);
  request_.set_etag(List(day).returns(0).etag());
  ASSERT_TRUE(Say(Return::NIL, kOffice, day).ok());
  EXPECT_EQ(ReasonOf(Say(Return::NOT_AVAILABLE, kOffice, day).status()), v1::ETAG_MISMATCH);
  request_.set_etag(List(day).returns(0).etag());
  EXPECT_TRUE(Say(Return::NOT_AVAILABLE, kOffice, day).ok());
}

TEST_F(ReturnsTest, OfAnAgencyThatOwesNoneAreNeitherListedNorChased) {
  v1::ListReturnsRequest list;
  list.set_agency("agencies/no-such");
  const absl::Status refused = ListReturns(*store_, CallOnOfAll(Day(2018, 8, 1)), list).status();
  EXPECT_EQ(ReasonOf(refused), v1::FIELDS_INVALID);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("agency"));
  v1::ChaseReturnsRequest chase;
  chase.add_agencies(kTrust);
  chase.add_agencies("agencies/no-such");
  const absl::Status not_chased = TryChase(Day(2018, 8, 1), chase).status();
  EXPECT_EQ(ReasonOf(not_chased), v1::FIELDS_INVALID);
  EXPECT_THAT(std::string(not_chased.message()), HasSubstr("agencies[1]"));
}

TEST_F(ReturnsTest, AreNotChasedWhereThereIsNobodyToRemind) {
  const Day day(2018, 8, 1);
  calls_.mutable_duties(1)->clear_contact();
  PutMeasure();
  const v1::ChaseReturnsResponse chased = Chase(day);
  ASSERT_THAT(chased.reminders(), SizeIs(2));
  EXPECT_THAT(chased.reminders(1).contacts(), IsEmpty());
  v1::ListReturnsRequest request;
  request.set_agency(kPolice);
  EXPECT_THAT(List(day, request).returns(0).chases(), SizeIs(1));
  request.set_agency(kTrust);
  EXPECT_THAT(List(day, request).returns(0).chases(), IsEmpty());
}

TEST_F(ReturnsTest, AreChasedByAgencyAndRemembered) {
  const Day first(2018, 7, 31);
  const v1::ChaseReturnsResponse chased = Chase(first);
  ASSERT_THAT(chased.reminders(), SizeIs(2));
  EXPECT_EQ(chased.reminders(0).agency(), kPolice);
  EXPECT_THAT(chased.reminders(0).contacts(), ElementsAre("figures@police.example"));
  ASSERT_THAT(chased.reminders(0).returns(), SizeIs(1));
  EXPECT_EQ(chased.reminders(0).returns(0).name(), kFirst);
  EXPECT_THAT(chased.reminders(0).returns(0).chases(), IsEmpty());

  v1::ChaseReturnsRequest request;
  request.add_agencies(kPolice);
  const v1::ChaseReturnsResponse again = Chase(first + 7, request);
  ASSERT_THAT(again.reminders(), SizeIs(1));
  EXPECT_EQ(DayOf(ToTime(again.reminders(0).returns(0).chases(0).time())), first);
  EXPECT_EQ(Chase(first + 14, request).reminders(0).returns(0).chases_size(), 1)
      << "only the newest is shown";

  const Return remembered = List(first + 15).returns(0);
  ASSERT_THAT(remembered.chases(), SizeIs(3));
  EXPECT_EQ(remembered.chases(0).client(), kFeed);
  EXPECT_THAT(remembered.chases(0).contacts(), ElementsAre("figures@police.example"));
  EXPECT_EQ(remembered.state(), Return::OVERDUE) << "a reminder says nothing of the figures";
  EXPECT_THAT(List(first + 15).returns(1).chases(), SizeIs(1));
}

TEST_F(ReturnsTest, KeepWhatWasSaidWhenTheyAreChasedAndTheOtherWayRound) {
  const Day day(2018, 9, 10);
  *request_.mutable_extended_to() = ToDate(Day(2018, 8, 31));
  ASSERT_TRUE(Say(Return::EXTENDED, kOffice, Day(2018, 8, 1)).ok());
  Chase(day);
  const Return chased = List(day).returns(1);
  EXPECT_EQ(chased.name(), kFirst);
  EXPECT_EQ(ToCivilDay(chased.due()), Day(2018, 8, 31));
  EXPECT_EQ(chased.reason(), "The office said so");
  request_.clear_extended_to();
  EXPECT_THAT(Say(Return::NIL, kOffice, day)->chases(), SizeIs(1));
}

TEST_F(ReturnsTest, ShowTheNewestFiftyChases) {
  for (int i = 0; i < 51; ++i) Chase(Day(2018, 7, 31) + i);
  const Return chased = List(Day(2018, 9, 20)).returns(0);
  ASSERT_THAT(chased.chases(), SizeIs(50));
  EXPECT_EQ(DayOf(ToTime(chased.chases(0).time())), Day(2018, 8, 1));
}

TEST_F(ReturnsTest, AreNotChasedBeforeTheyAreOverdueNorWhenAllCame) {
  EXPECT_THAT(Chase(Day(2018, 7, 30)).reminders(), IsEmpty());
  Submit("submissions/1", {"areas/a", "areas/b", "areas/c"}, Day(2018, 8, 10));
  EXPECT_THAT(Chase(Day(2018, 8, 10)).reminders(), IsEmpty());
}

TEST_F(ReturnsTest, OfOneAgencyAlwaysFitIntoAnAnswerAndOfManyMayNot) {
  calls_.clear_duties();
  for (const char* agency : {kPolice, kTrust, "agencies/council"}) {
    std::vector<std::string> areas;
    for (int i = 0; i < 500; ++i) areas.push_back(absl::StrCat("areas/", agency + 9, "-", i));
    AddDuty(agency, areas);
  }
  *calls_.mutable_collected_from() = ToDate(Day(1995, 4, 1));
  PutMeasure();
  v1::ChaseReturnsRequest request;
  EXPECT_EQ(ReasonOf(TryChase(Day(2020, 1, 1), request).status()), v1::FIELDS_INVALID);
  request.add_agencies(kTrust);
  const v1::ChaseReturnsResponse one = Chase(Day(2020, 1, 1), request);
  ASSERT_THAT(one.reminders(), SizeIs(1));
  EXPECT_GT(one.reminders(0).returns_size(), 10);
  EXPECT_LT(one.ByteSizeLong(), size_t{400} * 1024);
  EXPECT_EQ(one.reminders(0).returns(0).name(), "measures/calls/returns/1995-96-q1.trust");
}

}  // namespace
}  // namespace concordat::services
