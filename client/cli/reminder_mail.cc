#include "client/cli/reminder_mail.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "base/civil_time.h"
#include "base/mail_address.h"
#include "base/resource_name.h"
#include "client/cli/names.h"
#include "client/cli/text.h"

namespace concordat::cli {
namespace {

using v1::Return;

// `30 July 2018`.
std::string LongDay(const google::type::Date& date) {
  const std::optional<absl::CivilDay> day = ToCivilDay(date);
  if (!day.has_value()) return "";
  return absl::StrCat(day->day(), " ", absl::FormatTime("%B %Y", StartOf(*day), London()));
}

std::string LongDay(const google::protobuf::Timestamp& time) {
  return LongDay(ToDate(DayOf(ToTime(time))));
}

// The lines about one return.
std::string ReturnLines(const Return& owed) {
  std::string text = absl::StrCat(
      "- ", Printable(owed.measure_display_name()), "\n  ", LongDay(owed.period().start()), " to ",
      LongDay(owed.period().end()), ", due on ", LongDay(owed.due()), ".");
  if (owed.areas_received() > 0) {
    absl::StrAppend(&text, " ", owed.areas_received(), " of ", Counted(owed.areas_size(), "area"),
                    " came.");
  }
  if (owed.chases_size() > 0) {
    absl::StrAppend(&text, " You were reminded on ",
                    LongDay(owed.chases(owed.chases_size() - 1).time()), ".");
  }
  return absl::StrCat(text, "\n  ", ShortName(owed.name()), "\n");
}

std::string Body(const v1::ChaseReturnsResponse::Reminder& reminder) {
  const std::string agency = ShortName(reminder.agency());
  const std::string first =
      reminder.returns_size() > 0 ? ShortName(reminder.returns(0).name()) : "";
  std::string text =
      absl::StrCat("To ", Printable(reminder.agency_display_name()),
                   "\n\nThese figures for the safeguarding partnership are overdue:\n\n");
  for (const Return& owed : reminder.returns()) text += ReturnLines(owed);
  absl::StrAppend(&text,
                  "\nHow to send them:\n\n"
                  "  concordat returns list --agency ",
                  agency,
                  " --state overdue\n"
                  "  concordat returns template --agency ",
                  agency,
                  " --file returns.xlsx\n"
                  "  concordat measures submit returns.xlsx\n\n"
                  "If there are none to come, say so and why:\n\n"
                  "  concordat returns set ",
                  first,
                  " --state nil --reason \"...\"\n"
                  "  concordat returns set ",
                  first,
                  " --state not-available --reason \"...\"\n\n"
                  "Or answer this message. Please put no figures and nothing about any person into "
                  "an e-mail.\n");
  return text;
}

}  // namespace

absl::StatusOr<std::string> ReminderMail(const v1::ChaseReturnsResponse::Reminder& reminder,
                                         absl::string_view from, absl::Time now) {
  std::string mail =
      absl::StrCat("From: ", from,
                   "\nDate: ", absl::FormatTime("%a, %d %b %Y %H:%M:%S %z", now, London()), "\n");
  for (const std::string& contact : reminder.contacts()) {
    if (!IsMailAddress(contact)) {
      return absl::InvalidArgumentError("the service gave a contact that is no e-mail address");
    }
  }
  if (reminder.contacts_size() > 0) {
    // One a line, so that no line is longer than a mail may have.
    absl::StrAppend(&mail, "To: ", absl::StrJoin(reminder.contacts(), ",\n "), "\n");
  }
  absl::StrAppend(&mail, "Subject: Figures overdue: ", Counted(reminder.returns_size(), "return"),
                  "\nX-Unsent: 1\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
                  "Content-Transfer-Encoding: 8bit\n\n",
                  Body(reminder));
  return absl::StrReplaceAll(mail, {{"\n", "\r\n"}});
}

}  // namespace concordat::cli
