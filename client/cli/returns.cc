// `concordat returns …`.
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "base/mail_address.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/list_output.h"
#include "client/cli/local_error.h"
#include "client/cli/names.h"
#include "client/cli/new_folder.h"
#include "client/cli/reminder_mail.h"
#include "client/cli/text.h"

namespace concordat::cli {
namespace {

namespace fs = std::filesystem;
using v1::Return;
using Reminder = v1::ChaseReturnsResponse::Reminder;

constexpr absl::string_view kReturnPattern = "measures/{measure}/returns/{return}";
// What `--state` is for nothing said any more.
constexpr absl::string_view kNothing = "none";
// What can be said of a return; the rest follows from what was sent, and when.
constexpr Return::State kSayable[] = {Return::NIL, Return::NOT_AVAILABLE, Return::QUERIED,
                                      Return::EXTENDED};

struct ListOptions {
  std::string agency;
  std::string measure;
  std::vector<std::string> states;
  std::string from;
  std::string to;
  std::string on;
};

struct SetOptions {
  std::string name;
  std::string state;
  std::string reason;
  std::string extended_to;
};

struct ChaseOptions {
  std::string folder;
  std::string from;
  std::vector<std::string> agencies;
  bool dry_run = false;
};

Cell StateCell(const Return& r) {
  Style style = Style::kPlain;
  if (r.state() == Return::OVERDUE) style = Style::kRed;
  if (r.state() == Return::QUERIED) style = Style::kAmber;
  if (r.state() == Return::RECEIVED) style = Style::kGreen;
  return {LowerWords(NameOf(r.state())), style};
}

// `2018-19-q1` of `2018-19-q1.lancashire-constabulary`.
std::string PeriodOf(const Return& r) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(LastIdentifier(r.name()), absl::MaxSplits('.', 1));
  return std::string(parts.first);
}

std::string LastChase(const Return& r) {
  return r.chases().empty() ? "" : ShortInstantText(r.chases(r.chases_size() - 1).time());
}

std::vector<Column<Return>> ReturnColumns() {
  return {
      {"", "name", [](const Return& r) { return Plain(r.name()); }},
      {"Measure", "measure", [](const Return& r) { return Plain(ShortName(ParentOf(r.name()))); },
       [](const Return& r) { return std::string(ParentOf(r.name())); }},
      {"", "measure_display_name", [](const Return& r) { return Plain(r.measure_display_name()); }},
      {"Period", "period", [](const Return& r) { return Plain(PeriodOf(r)); }},
      {"", "period_start", [](const Return& r) { return Plain(DayText(r.period().start())); }},
      {"", "period_end", [](const Return& r) { return Plain(DayText(r.period().end())); }},
      {"Agency", "agency", [](const Return& r) { return Plain(ShortName(r.agency())); },
       [](const Return& r) { return r.agency(); }},
      {"Due", "due", [](const Return& r) { return Plain(DayText(r.due())); }},
      {"State", "state", &StateCell, [](const Return& r) { return NameOf(r.state()); }},
      {"Areas", "",
       [](const Return& r) {
         return Plain(absl::StrCat(r.areas_received(), " of ", r.areas_size()));
       },
       nullptr, true},
      {"", "areas_received",
       [](const Return& r) { return Plain(absl::StrCat(r.areas_received())); }},
      {"", "areas", [](const Return& r) { return Plain(absl::StrCat(r.areas_size())); }},
      {"", "received_time",
       [](const Return& r) {
         return Plain(r.has_received_time() ? InstantText(r.received_time()) : "");
       }},
      {"", "submission", [](const Return& r) { return Plain(r.submission()); }},
      {"Reason", "reason", [](const Return& r) { return Plain(r.reason()); }},
      {"", "set_by", [](const Return& r) { return Plain(r.set_by()); }},
      {"", "contact", [](const Return& r) { return Plain(r.contact()); }},
      {"", "chases", [](const Return& r) { return Plain(absl::StrCat(r.chases_size())); }},
      {"Chased", "last_chased", [](const Return& r) { return Plain(LastChase(r)); }},
      {"", "etag", [](const Return& r) { return Plain(r.etag()); }},
  };
}

absl::Status SetDate(const std::string& text,
                     google::type::Date* (v1::ListReturnsRequest::*field)(),
                     v1::ListReturnsRequest& request) {
  if (text.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(*(request.*field)(), ParseDate(text));
  return absl::OkStatus();
}

absl::Status ListReturns(Session& session, const ListOptions& options) {
  v1::ListReturnsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_agency(), ExpandOptionalName(options.agency, kAgencyPattern));
  ASSIGN_OR_RETURN(*request.mutable_measure(),
                   ExpandOptionalName(options.measure, kMeasurePattern));
  for (const std::string& word : options.states) {
    ASSIGN_OR_RETURN(const Return::State state, ParseWord<Return::State>(word));
    request.add_states(state);
  }
  RETURN_IF_ERROR(SetDate(options.from, &v1::ListReturnsRequest::mutable_period_from, request));
  RETURN_IF_ERROR(SetDate(options.to, &v1::ListReturnsRequest::mutable_period_to, request));
  RETURN_IF_ERROR(SetDate(options.on, &v1::ListReturnsRequest::mutable_on, request));
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  return PrintList(session, client.ListReturns(request, call), ReturnColumns(), {"return", ""});
}

// As they are written after `--state`.
std::string SayableWords() {
  std::string words;
  for (const Return::State state : kSayable) {
    absl::StrAppend(&words, absl::StrReplaceAll(LowerWords(NameOf(state)), {{" ", "-"}}), ", ");
  }
  return absl::StrCat(words, kNothing);
}

absl::Status SetReturn(Session& session, const SetOptions& options) {
  v1::SetReturnStateRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), ExpandName(options.name, kReturnPattern));
  if (options.state != kNothing) {
    const absl::StatusOr<Return::State> state = ParseWord<Return::State>(options.state);
    if (!state.ok() || !absl::c_linear_search(kSayable, *state)) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", Printable(options.state), "' is none of: ", SayableWords()));
    }
    request.set_state(*state);
  }
  request.set_reason(options.reason);
  if (!options.extended_to.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_extended_to(), ParseDate(options.extended_to));
  }
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  ASSIGN_OR_RETURN(const Return set, client.SetReturnState(request, call));
  if (session.options().output == OutputFormat::kJson) {
    session.out() << JsonText(ToJson(set));
  } else {
    PrintItems(session, {set}, ReturnColumns(), {"return", ""});
  }
  return absl::OkStatus();
}

std::string MailFile(const Reminder& reminder) {
  return absl::StrCat(ShortName(reminder.agency()), ".eml");
}

std::vector<Column<Reminder>> ReminderColumns() {
  return {
      {"Agency", "agency", [](const Reminder& r) { return Plain(ShortName(r.agency())); },
       [](const Reminder& r) { return r.agency(); }},
      {"Overdue", "returns",
       [](const Reminder& r) { return Plain(absl::StrCat(r.returns_size())); }, nullptr, true},
      {"To", "contacts",
       [](const Reminder& r) {
         return r.contacts_size() > 0 ? Plain(absl::StrJoin(r.contacts(), ", "))
                                      : Cell{"nobody: the duty has no contact", Style::kRed};
       },
       [](const Reminder& r) { return absl::StrJoin(r.contacts(), ";"); }},
      {"Message", "file", [](const Reminder& r) { return Plain(MailFile(r)); }},
  };
}

// Before anything is noted: what would make writing fail.
absl::Status CheckChase(const ChaseOptions& options) {
  if (!IsMailAddress(options.from)) {
    return UsageError("--from is no e-mail address, such as office@example.org");
  }
  std::error_code error;
  if (fs::exists(options.folder, error) && !fs::is_empty(options.folder, error)) {
    return UsageError("--output-directory is there already; name a new one");
  }
  const fs::path parent = fs::absolute(options.folder, error).parent_path();
  if (access(parent.c_str(), W_OK | X_OK) != 0) {
    return UsageError(
        "--output-directory cannot be made: the folder that it would be in is not "
        "there, or nothing may be written there");
  }
  return absl::OkStatus();
}

// The messages of all who can be reminded, and to whom they go.
struct Mails {
  std::vector<NewFile> files;
  std::vector<Reminder> reminders;
};

absl::StatusOr<Mails> MakeMails(const v1::ChaseReturnsResponse& response, const std::string& from) {
  Mails mails;
  for (const Reminder& reminder : response.reminders()) {
    if (reminder.contacts().empty()) continue;
    ASSIGN_OR_RETURN(std::string mail, ReminderMail(reminder, from, absl::Now()));
    mails.files.push_back({MailFile(reminder), std::move(mail)});
    mails.reminders.push_back(reminder);
  }
  return mails;
}

// The messages are on disk before the service notes them: an agency that never got one is not
// told that it was reminded.
absl::StatusOr<Mails> WriteThenNote(const ChaseOptions& options,
                                    const v1::ChaseReturnsResponse& drafted, Client& client,
                                    v1::ChaseReturnsRequest request, const CallOptions& call) {
  ASSIGN_OR_RETURN(Mails mails, MakeMails(drafted, options.from));
  if (mails.files.empty()) return mails;
  RETURN_IF_ERROR(WriteNewFolder(options.folder, mails.files));
  if (options.dry_run) return mails;
  request.set_dry_run(false);
  const absl::StatusOr<v1::ChaseReturnsResponse> noted = client.ChaseReturns(request, call);
  std::error_code ignored;
  if (!noted.ok()) {
    fs::remove_all(options.folder, ignored);
    return noted.status();
  }
  if (noted->SerializeAsString() == drafted.SerializeAsString()) return mails;
  // Something came in, or fell due, in between.
  ASSIGN_OR_RETURN(mails, MakeMails(*noted, options.from));
  fs::remove_all(options.folder, ignored);
  if (!mails.files.empty()) RETURN_IF_ERROR(WriteNewFolder(options.folder, mails.files));
  return mails;
}

absl::Status ChaseReturns(Session& session, const ChaseOptions& options) {
  RETURN_IF_ERROR(CheckChase(options));
  v1::ChaseReturnsRequest request;
  for (const std::string& agency : options.agencies) {
    ASSIGN_OR_RETURN(*request.add_agencies(), ExpandName(agency, kAgencyPattern));
  }
  request.set_dry_run(true);
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  CallOptions draft = call;
  if (!draft.request_id.empty()) absl::StrAppend(&draft.request_id, "-draft");
  ASSIGN_OR_RETURN(const v1::ChaseReturnsResponse drafted, client.ChaseReturns(request, draft));
  for (const Reminder& reminder : drafted.reminders()) {
    if (!reminder.contacts().empty()) continue;
    session.err() << Printable(reminder.agency())
                  << " has returns that are overdue, and nobody to remind: give the measure's "
                     "duty a contact\n";
  }
  ASSIGN_OR_RETURN(const Mails mails, WriteThenNote(options, drafted, client, request, call));
  PrintItems(session, mails.reminders, ReminderColumns(), {"message", ""});
  if (session.options().output == OutputFormat::kTable && !mails.files.empty()) {
    session.out() << "written to " << Printable(options.folder)
                  << (options.dry_run ? "; nothing was noted\n" : "; send them\n");
  }
  return absl::OkStatus();
}

}  // namespace

void AddReturnsCommands(CLI::App& app, Session& session) {
  CLI::App* group = AddGroup(app, "returns", "What agencies owe for each measure and period");
  auto list = std::make_shared<ListOptions>();
  CLI::App* command = AddCommand(
      *group, "list", "What is owed, by due day: your agency's, or all for the board's office",
      session, list, &ListReturns);
  command->add_option("--agency", list->agency, "Only this agency's");
  command->add_option("--measure", list->measure, "Only of this measure");
  command->add_option("--state", list->states,
                      "Only in this state, such as overdue; may be given again");
  command->add_option("--from", list->from, "Only periods that end on or after this day");
  command->add_option("--to", list->to, "Only periods that end on or before this day");
  command->add_option("--on", list->on, "The day that states are judged by. Default: today");

  auto set = std::make_shared<SetOptions>();
  command = AddCommand(*group, "set", "Says about a return what its figures do not", session, set,
                       &SetReturn);
  command
      ->add_option("return", set->name,
                   "The return, such as referrals/2018-19-q1.lancashire-county-council")
      ->required();
  command
      ->add_option("--state", set->state,
                   "nil or not-available; for the board's office also queried, extended, or none "
                   "for nothing any more")
      ->required();
  command->add_option("--reason", set->reason, "Why, in a few words")->required();
  command->add_option("--extended-to", set->extended_to, "With extended: the new due day");

  auto chase = std::make_shared<ChaseOptions>();
  command = AddCommand(*group, "chase",
                       "Notes a reminder of all that is overdue, and writes one e-mail an agency, "
                       "ready to send",
                       session, chase, &ChaseReturns);
  command->add_option("--output-directory", chase->folder, "A new folder for the .eml files")
      ->required();
  command->add_option("--from", chase->from, "Your address, to which they answer")->required();
  command->add_option("--agency", chase->agencies, "Only this agency; may be given again");
  command->add_flag("--dry-run", chase->dry_run, "Writes the messages, but notes no reminder");

  AddReturnsTemplateCommand(*group, session);
}

}  // namespace concordat::cli
