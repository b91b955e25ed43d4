#include "client/cli/reminder_mail.h"

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "base/civil_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::cli {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

v1::ChaseReturnsResponse::Reminder TheReminder() {
  v1::ChaseReturnsResponse::Reminder reminder;
  reminder.set_agency("agencies/wyre-council");
  reminder.set_agency_display_name("Wyre Borough Council");
  reminder.add_contacts("figures@wyre.example");
  v1::Return& owed = *reminder.add_returns();
  owed.set_name("measures/referrals/returns/2018-19-q1.wyre-council");
  owed.set_measure_display_name("Referrals");
  *owed.mutable_period()->mutable_start() = ToDate(absl::CivilDay(2018, 4, 1));
  *owed.mutable_period()->mutable_end() = ToDate(absl::CivilDay(2018, 6, 30));
  *owed.mutable_due() = ToDate(absl::CivilDay(2018, 7, 30));
  owed.add_areas("areas/a");
  owed.add_areas("areas/b");
  return reminder;
}

std::string Mail(const v1::ChaseReturnsResponse::Reminder& reminder) {
  const absl::StatusOr<std::string> mail = ReminderMail(
      reminder, "office@board.example", StartOf(absl::CivilDay(2018, 8, 1)) + absl::Hours(9));
  EXPECT_TRUE(mail.ok()) << mail.status();
  return mail.value_or("");
}

TEST(ReminderMailTest, IsAMessageThatIsReadyToSend) {
  EXPECT_EQ(Mail(TheReminder()),
            "From: office@board.example\r\n"
            "Date: Wed, 01 Aug 2018 09:00:00 +0100\r\n"
            "To: figures@wyre.example\r\n"
            "Subject: Figures overdue: 1 return\r\n"
            "X-Unsent: 1\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: 8bit\r\n"
            "\r\n"
            "To Wyre Borough Council\r\n"
            "\r\n"
            "These figures for the safeguarding partnership are overdue:\r\n"
            "\r\n"
            "- Referrals\r\n"
            "  1 April 2018 to 30 June 2018, due on 30 July 2018.\r\n"
            "  referrals/2018-19-q1.wyre-council\r\n"
            "\r\n"
            "How to send them:\r\n"
            "\r\n"
            "  concordat returns list --agency wyre-council --state overdue\r\n"
            "  concordat returns template --agency wyre-council --file returns.xlsx\r\n"
            "  concordat measures submit returns.xlsx\r\n"
            "\r\n"
            "If there are none to come, say so and why:\r\n"
            "\r\n"
            "  concordat returns set referrals/2018-19-q1.wyre-council --state nil --reason "
            "\"...\"\r\n"
            "  concordat returns set referrals/2018-19-q1.wyre-council --state not-available "
            "--reason \"...\"\r\n"
            "\r\n"
            "Or answer this message. Please put no figures and nothing about any person into an "
            "e-mail.\r\n");
}

TEST(ReminderMailTest, SaysWhatCameAndWhenItWasSaidBefore) {
  auto reminder = TheReminder();
  reminder.mutable_returns(0)->set_areas_received(1);
  *reminder.mutable_returns(0)->add_chases()->mutable_time() =
      ToTimestamp(StartOf(absl::CivilDay(2018, 7, 31)));
  EXPECT_THAT(Mail(reminder), HasSubstr("due on 30 July 2018. 1 of 2 areas came. You were reminded "
                                        "on 31 July 2018.\r\n"));
}

TEST(ReminderMailTest, HasEachContactOnceALine) {
  auto reminder = TheReminder();
  reminder.add_contacts("team@wyre.example");
  EXPECT_THAT(Mail(reminder), HasSubstr("To: figures@wyre.example,\r\n team@wyre.example\r\n"));
  reminder.clear_contacts();
  EXPECT_THAT(Mail(reminder), Not(HasSubstr("\r\nTo: ")));
}

TEST(ReminderMailTest, TakesNoHeaderFromWhatTheServiceSent) {
  auto reminder = TheReminder();
  reminder.set_agency_display_name("Wyre\r\nBcc: x@y.example\r\n\r\n");
  reminder.mutable_returns(0)->set_measure_display_name("Referrals\nBcc: x@y.example");
  const std::vector<std::string> lines = absl::StrSplit(Mail(reminder), "\r\n");
  EXPECT_THAT(lines, Each(Not(StartsWith("Bcc"))));
  for (const std::string& line : lines) {
    EXPECT_EQ(line.find_first_of("\r\n"), std::string::npos);
    EXPECT_LE(line.size(), 998u);
  }
  reminder.add_contacts("x@y.example\r\nBcc: z@y.example");
  EXPECT_FALSE(ReminderMail(reminder, "office@board.example", absl::UnixEpoch()).ok());
}

}  // namespace
}  // namespace concordat::cli
