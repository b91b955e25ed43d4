#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/civil_time.h"
#include "base/status.h"
#include "client/cli/testing/cli_runner.h"
#include "client/mocks/mock_connection.h"
#include "client/workbook/return_workbook.h"
#include "client/workbook/sheet_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::cli {
namespace {

using ::testing::_;
using ::testing::AnyNumber;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using v1::Return;

Return Overdue() {
  Return owed;
  owed.set_name("measures/referrals/returns/2018-19-q1.wyre-council");
  owed.set_measure_display_name("Referrals");
  owed.set_agency("agencies/wyre-council");
  *owed.mutable_period()->mutable_start() = ToDate(absl::CivilDay(2018, 4, 1));
  *owed.mutable_period()->mutable_end() = ToDate(absl::CivilDay(2018, 6, 30));
  *owed.mutable_due() = ToDate(absl::CivilDay(2018, 7, 30));
  owed.set_state(Return::OVERDUE);
  owed.add_areas("areas/a");
  owed.add_areas("areas/b");
  owed.add_area_display_names("Area A");
  owed.add_area_display_names("Area B");
  owed.set_areas_received(1);
  owed.set_contact("figures@wyre.example");
  owed.set_etag("0");
  return owed;
}

class ReturnsCommandTest : public ::testing::Test {
 protected:
  CliResult Run(const std::vector<std::string>& arguments) {
    return RunCli(connection_, arguments);
  }
  // The service answers a chase with one reminder.
  void AnswerChase() {
    EXPECT_CALL(*connection_, ChaseReturns(_, _))
        .WillRepeatedly([this](const auto& request, auto&) {
          chases_.push_back(request);
          v1::ChaseReturnsResponse response;
          v1::ChaseReturnsResponse::Reminder& reminder = *response.add_reminders();
          reminder.set_agency("agencies/wyre-council");
          reminder.set_agency_display_name("Wyre Borough Council");
          reminder.add_contacts("figures@wyre.example");
          *reminder.add_returns() = Overdue();
          return response;
        });
  }

  const TemporaryFolder folder_;
  v1::ListReturnsRequest list_;
  v1::SetReturnStateRequest set_;
  std::vector<v1::ChaseReturnsRequest> chases_;
  std::shared_ptr<MockConnection> connection_ = std::make_shared<MockConnection>();
};

TEST_F(ReturnsCommandTest, ListSendsEveryFilterAndPrintsATable) {
  EXPECT_CALL(*connection_, ListReturns(_, _)).WillOnce([this](const auto& request, auto&) {
    list_ = request;
    v1::ListReturnsResponse response;
    *response.add_returns() = Overdue();
    return response;
  });
  const CliResult result =
      Run({"returns", "list", "--agency", "wyre-council", "--measure", "referrals", "--state",
           "overdue", "--state", "not-available", "--from", "2018-04-01", "--to", "2018-12-31",
           "--on", "2018-08-01"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(list_.agency(), "agencies/wyre-council");
  EXPECT_EQ(list_.measure(), "measures/referrals");
  EXPECT_THAT(list_.states(), ElementsAre(Return::OVERDUE, Return::NOT_AVAILABLE));
  EXPECT_EQ(ToCivilDay(list_.period_from()), absl::CivilDay(2018, 4, 1));
  EXPECT_EQ(ToCivilDay(list_.period_to()), absl::CivilDay(2018, 12, 31));
  EXPECT_EQ(ToCivilDay(list_.on()), absl::CivilDay(2018, 8, 1));
  EXPECT_EQ(result.out,
            "Measure    Period      Agency        Due         State     Areas\n"
            "referrals  2018-19-q1  wyre-council  2018-07-30  overdue  1 of 2\n"
            "\n"
            "1 return\n");
}

TEST_F(ReturnsCommandTest, ListPrintsCsvAndJson) {
  EXPECT_CALL(*connection_, ListReturns(_, _)).WillRepeatedly([](const auto&, auto&) {
    v1::ListReturnsResponse response;
    *response.add_returns() = Overdue();
    return response;
  });
  EXPECT_EQ(Run({"returns", "list", "--output", "csv"}).out,
            "name,measure,measure_display_name,period,period_start,period_end,agency,due,state,"
            "areas_received,areas,received_time,submission,reason,set_by,contact,chases,"
            "last_chased,etag\r\n"
            "measures/referrals/returns/2018-19-q1.wyre-council,measures/referrals,Referrals,"
            "2018-19-q1,2018-04-01,2018-06-30,agencies/wyre-council,2018-07-30,OVERDUE,1,2,,,,,"
            "figures@wyre.example,0,,0\r\n");
  EXPECT_THAT(Run({"returns", "list", "--output", "json"}).out,
              HasSubstr("\"state\": \"OVERDUE\""));
}

TEST_F(ReturnsCommandTest, SetSaysWhyThereAreNoFigures) {
  EXPECT_CALL(*connection_, SetReturnState(_, _))
      .WillRepeatedly([this](const auto& request, auto&) {
        set_ = request;
        Return set = Overdue();
        set.set_state(request.state());
        set.set_reason(request.reason());
        return set;
      });
  const CliResult result = Run({"returns", "set", "referrals/2018-19-q1.wyre-council", "--state",
                                "not-available", "--reason", "The system was replaced"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(set_.name(), "measures/referrals/returns/2018-19-q1.wyre-council");
  EXPECT_EQ(set_.state(), Return::NOT_AVAILABLE);
  EXPECT_EQ(set_.reason(), "The system was replaced");
  EXPECT_THAT(result.out, HasSubstr("not available"));
  Run({"returns", "set", "referrals/2018-19-q1.wyre-council", "--state", "extended", "--reason",
       "Agreed", "--extended-to", "2018-08-31"});
  EXPECT_EQ(ToCivilDay(set_.extended_to()), absl::CivilDay(2018, 8, 31));
  Run({"returns", "set", "referrals/2018-19-q1.wyre-council", "--state", "none", "--reason",
       "Done"});
  EXPECT_EQ(set_.state(), Return::STATE_UNSPECIFIED);
}

TEST_F(ReturnsCommandTest, SetNamesTheStatesThatCanBeSaid) {
  EXPECT_CALL(*connection_, SetReturnState(_, _)).Times(0);
  for (const char* state : {"lost", "overdue"}) {
    const CliResult result = Run({"returns", "set", "referrals/2018-19-q1.wyre-council", "--state",
                                  state, "--reason", "The system was replaced"});
    EXPECT_EQ(result.code, ExitCode::kInvalidInput);
    EXPECT_THAT(result.err, HasSubstr("nil, not-available, queried, extended, none"));
  }
}

TEST_F(ReturnsCommandTest, ChaseWritesAMessageForEachAgency) {
  AnswerChase();
  const std::string folder = folder_.Path("mails");
  const CliResult result = Run({"returns", "chase", "--output-directory", folder, "--from",
                                "office@board.example", "--agency", "wyre-council"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  ASSERT_THAT(chases_, SizeIs(2));
  EXPECT_TRUE(chases_[0].dry_run());
  EXPECT_FALSE(chases_[1].dry_run());
  EXPECT_THAT(chases_[1].agencies(), ElementsAre("agencies/wyre-council"));
  EXPECT_THAT(ReadFile(folder + "/wyre-council.eml"), HasSubstr("To: figures@wyre.example\r\n"));
  EXPECT_THAT(result.out, HasSubstr("wyre-council.eml"));
  EXPECT_THAT(result.out, HasSubstr("1 message\n"));
}

TEST_F(ReturnsCommandTest, ADryRunOfAChaseSaysThatNothingWasNoted) {
  AnswerChase();
  const CliResult result = Run({"returns", "chase", "--output-directory", folder_.Path("mails"),
                                "--from", "office@board.example", "--dry-run"});
  ASSERT_THAT(chases_, SizeIs(1));
  EXPECT_TRUE(chases_[0].dry_run());
  EXPECT_THAT(result.out, HasSubstr("nothing was noted"));
}

TEST_F(ReturnsCommandTest, NothingIsNotedWhereTheDiskTakesNoMore) {
  AnswerChase();
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit one_byte = {1, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &one_byte);
  const CliResult result = Run({"returns", "chase", "--output-directory", folder_.Path("mails"),
                                "--from", "office@board.example"});
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(result.code, ExitCode::kOther);
  ASSERT_THAT(chases_, SizeIs(1));
  EXPECT_TRUE(chases_[0].dry_run());
  EXPECT_FALSE(std::filesystem::exists(folder_.Path("mails")));
}

TEST_F(ReturnsCommandTest, NoMessageIsLeftWhereItsReminderWasNotNoted) {
  EXPECT_CALL(*connection_, ChaseReturns(_, _))
      .WillRepeatedly([](const auto& request, auto&) -> absl::StatusOr<v1::ChaseReturnsResponse> {
        if (!request.dry_run()) return MakeError(v1::SERVER_BUSY, "try again later");
        v1::ChaseReturnsResponse response;
        response.add_reminders()->set_agency("agencies/wyre-council");
        response.mutable_reminders(0)->add_contacts("figures@wyre.example");
        return response;
      });
  const CliResult result = Run({"returns", "chase", "--output-directory", folder_.Path("mails"),
                                "--from", "office@board.example"});
  EXPECT_NE(result.code, ExitCode::kOk);
  EXPECT_FALSE(std::filesystem::exists(folder_.Path("mails")));
}

TEST_F(ReturnsCommandTest, WhatCameInMeanwhileIsNotChased) {
  EXPECT_CALL(*connection_, ChaseReturns(_, _)).WillRepeatedly([](const auto& request, auto&) {
    v1::ChaseReturnsResponse response;
    for (const char* agency : {"agencies/wyre-council", "agencies/fylde-council"}) {
      v1::ChaseReturnsResponse::Reminder& reminder = *response.add_reminders();
      reminder.set_agency(agency);
      reminder.add_contacts("figures@council.example");
      if (!request.dry_run()) break;
    }
    return response;
  });
  const std::string folder = folder_.Path("mails");
  const CliResult result =
      Run({"returns", "chase", "--output-directory", folder, "--from", "office@board.example"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_TRUE(std::filesystem::exists(folder + "/wyre-council.eml"));
  EXPECT_FALSE(std::filesystem::exists(folder + "/fylde-council.eml"));
}

TEST_F(ReturnsCommandTest, NothingIsNotedWhereTheMessagesCouldNotBeWritten) {
  EXPECT_CALL(*connection_, ChaseReturns(_, _)).Times(0);
  folder_.Write("mails/old.eml", "earlier");
  const CliResult there = Run({"returns", "chase", "--output-directory", folder_.Path("mails"),
                               "--from", "office@board.example"});
  EXPECT_EQ(there.code, ExitCode::kUsage);
  EXPECT_EQ(ReadFile(folder_.Path("mails/old.eml")), "earlier");
  EXPECT_EQ(
      Run({"returns", "chase", "--output-directory", folder_.Path("new"), "--from", "office"}).code,
      ExitCode::kUsage);
}

TEST_F(ReturnsCommandTest, NothingIsWrittenWhenNothingIsOverdue) {
  EXPECT_CALL(*connection_, ChaseReturns(_, _)).WillOnce([](const auto&, auto&) {
    return v1::ChaseReturnsResponse();
  });
  const std::string folder = folder_.Path("mails");
  const CliResult result =
      Run({"returns", "chase", "--output-directory", folder, "--from", "office@board.example"});
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(result.out, "0 messages\n");
  EXPECT_FALSE(std::filesystem::exists(folder));
}

class ReturnsTemplateTest : public ReturnsCommandTest {
 protected:
  ReturnsTemplateTest() {
    ON_CALL(*connection_, ListReturns(_, _)).WillByDefault([this](const auto& request, auto&) {
      list_ = request;
      v1::ListReturnsResponse response;
      *response.add_returns() = Overdue();
      return response;
    });
    ON_CALL(*connection_, ListMeasures(_, _)).WillByDefault([](const auto&, auto&) {
      v1::ListMeasuresResponse response;
      v1::Measure& measure = *response.add_measures();
      measure.set_name("measures/referrals");
      measure.set_unit(v1::Measure::COUNT);
      v1::Measure::Dimension& dimension = *measure.add_dimensions();
      dimension.set_name("place");
      dimension.add_items("Home");
      return response;
    });
    EXPECT_CALL(*connection_, ListReturns(_, _)).Times(AnyNumber());
    EXPECT_CALL(*connection_, ListMeasures(_, _)).Times(AnyNumber());
  }
  CliResult Write() {
    return Run({"returns", "template", "--agency", "wyre-council", "--file", file_});
  }
  // The cells of the rows to be filled in, without the header.
  std::vector<std::vector<std::string>> Rows() {
    std::vector<std::vector<std::string>> rows;
    const auto read = workbook::ReadSheet(ReadFile(file_), workbook::kFiguresSheet);
    EXPECT_TRUE(read.ok()) << read.status();
    if (!read.ok()) return rows;
    for (size_t i = 1; i < read->size(); ++i) rows.push_back((*read)[i].cells);
    return rows;
  }

  const std::string file_ = folder_.Path("returns.xlsx");
};

TEST_F(ReturnsTemplateTest, HasARowForEachFigureThatIsOwed) {
  const CliResult result = Write();
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(result.out, "4 figures of 1 return written to " + file_ + "\n");
  EXPECT_EQ(list_.agency(), "agencies/wyre-council");
  EXPECT_THAT(list_.states(), ElementsAre(Return::DUE, Return::OVERDUE, Return::EXTENDED));
  const auto row = [](const std::vector<std::string>& more) {
    return std::vector<std::string>{
        "referrals",  more[0], "Area " + more[0], "KIND_UNSPECIFIED", "2018-04-01",
        "2018-06-30", more[1], more[2],           "2018-07-30"};
  };
  EXPECT_THAT(Rows(), ElementsAre(row({"A", "", ""}), row({"A", "place", "Home"}),
                                  row({"B", "", ""}), row({"B", "place", "Home"})));
}

TEST_F(ReturnsTemplateTest, HasTotalsAloneWhereNoAgreementCoversTheMeasure) {
  EXPECT_CALL(*connection_, ListMeasures(_, _)).WillOnce([](const auto&, auto&) {
    return absl::PermissionDeniedError("no agreement");
  });
  const CliResult result = Write();
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.err, HasSubstr("totals alone"));
  EXPECT_EQ(Rows().size(), 2u);
}

TEST_F(ReturnsTemplateTest, NeverOverwritesAWorkbookThatSomebodyFilledIn) {
  folder_.Write("returns.xlsx", "filled in");
  EXPECT_NE(Write().code, ExitCode::kOk);
  EXPECT_EQ(ReadFile(file_), "filled in");
}

TEST_F(ReturnsTemplateTest, IsWrittenUnderTheNameOfAWorkbookAlone) {
  const CliResult result =
      Run({"returns", "template", "--agency", "wyre-council", "--file", folder_.Path("t.csv")});
  EXPECT_EQ(result.code, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr(".xlsx"));
}

}  // namespace
}  // namespace concordat::cli
