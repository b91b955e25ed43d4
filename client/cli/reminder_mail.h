// Reminders of overdue returns as e-mails that are ready to send.
#ifndef CONCORDAT_CLIENT_CLI_REMINDER_MAIL_H_
#define CONCORDAT_CLIENT_CLI_REMINDER_MAIL_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "concordat/v1/measure_service.pb.h"

namespace concordat::cli {

// The reminder as one message of RFC 5322, for an .eml file: plain text in UTF-8 that says
// what is overdue, since when, and how to send it. `from`, an address (IsMailAddress), is
// who answers; `now` is its date. Without contacts there is no `To`: the sender adds it.
// INVALID_ARGUMENT when a contact that the service gave is no address.
absl::StatusOr<std::string> ReminderMail(const v1::ChaseReturnsResponse::Reminder& reminder,
                                         absl::string_view from, absl::Time now);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_REMINDER_MAIL_H_
