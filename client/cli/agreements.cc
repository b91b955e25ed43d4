// `concordat agreements …`.
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "client/cli/agreement_words.h"
#include "client/cli/commands.h"
#include "client/cli/list_output.h"
#include "client/cli/local_error.h"
#include "client/cli/names.h"
#include "client/cli/page_option.h"
#include "client/cli/text.h"

namespace concordat::cli {
namespace {

using v1::Agreement;

struct ListOptions {};

struct ShowOptions {
  std::string agreement;
  std::string format;
  // 0 for the newest.
  int64_t version = 0;
};

struct DiffOptions {
  std::string agreement;
  // 0 for the one before `to`, and for the newest.
  int64_t from = 0;
  int64_t to = 0;
};

struct ActOptions {
  std::string agreement;
  std::string reason;
  // Of `approve` alone.
  std::string digest;
  // Of `suspend` and `resume`.
  bool own_contributions = false;
  // Of `resume` alone: whose contributions.
  std::string agency;
  bool dry_run = false;
};

std::string JoinParties(const Agreement& agreement, const char* separator) {
  return absl::StrJoin(agreement.parties(), separator,
                       [](std::string* out, const Agreement::Party& party) {
                         absl::StrAppend(out, ShortName(party.agency()));
                       });
}

std::string JoinDataSets(const Agreement& agreement, const char* separator) {
  return absl::StrJoin(agreement.scope().data_sets(), separator,
                       [](std::string* out, int data_set) {
                         out->append(NameOf(static_cast<v1::DataSet>(data_set)));
                       });
}

// The state, and whether it is also in force today.
Cell StateCell(const Agreement& agreement) {
  return {StateWords(agreement), agreement.in_force() ? Style::kGreen : Style::kRed};
}

// The day of the review and, from 90 days before it on, how near it is.
Cell ReviewCell(const Agreement& agreement) {
  const std::string day = DayText(agreement.review_date());
  const std::string warning = absl::StrCat(day, ", ", ReviewWords(agreement));
  switch (agreement.review_warning()) {
    case Agreement::WITHIN_90_DAYS:
      return {warning, Style::kAmber};
    case Agreement::WITHIN_30_DAYS:
      return {warning, Style::kRed};
    case Agreement::OVERDUE:
      return {absl::StrCat(warning, ": overdue"), Style::kRed};
    default:
      return Plain(day);
  }
}

std::vector<Column<Agreement>> Columns() {
  return {
      {"Agreement", "name", [](const Agreement& a) { return Plain(ShortName(a.name())); },
       [](const Agreement& a) { return a.name(); }},
      {"Title", "display_name", [](const Agreement& a) { return Plain(a.display_name()); }},
      {"State", "state", &StateCell, [](const Agreement& a) { return NameOf(a.state()); }},
      {"", "in_force", [](const Agreement& a) { return Plain(a.in_force() ? "true" : "false"); }},
      {"Parties", "parties", [](const Agreement& a) { return Plain(JoinParties(a, ", ")); },
       [](const Agreement& a) { return JoinParties(a, ";"); }},
      {"Purposes", "purposes",
       [](const Agreement& a) { return Plain(absl::StrJoin(a.purposes(), ", ")); },
       [](const Agreement& a) { return absl::StrJoin(a.purposes(), ";"); }},
      {"", "data_sets", [](const Agreement& a) { return Plain(JoinDataSets(a, ";")); }},
      {"", "effective_from", [](const Agreement& a) { return Plain(DayText(a.effective_from())); }},
      {"Until", "effective_to",
       [](const Agreement& a) { return Plain(DayText(a.effective_to())); }},
      {"Review", "review_date", &ReviewCell,
       [](const Agreement& a) { return DayText(a.review_date()); }},
      {"", "review_warning",
       [](const Agreement& a) {
         return Plain(a.review_warning() == Agreement::REVIEW_WARNING_UNSPECIFIED
                          ? ""
                          : NameOf(a.review_warning()));
       }},
      {"", "version", [](const Agreement& a) { return Plain(absl::StrCat(a.version())); }},
      {"", "digest", [](const Agreement& a) { return Plain(a.digest()); }},
  };
}

absl::Status ListAgreements(Session& session, const ListOptions&) {
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  return PrintList(session, client.ListAgreements({}, call), Columns(), {"agreement", ""});
}

void PrintText(Session& session, const Agreement& agreement) {
  std::vector<Fact> facts = {{"Agreement", Plain(agreement.name())},
                             {"Version", Plain(absl::StrCat(agreement.version()))},
                             {"Digest of the terms", Plain(agreement.terms_digest())}};
  if (agreement.has_days_until_review()) {
    facts.push_back({"Stands today", StateCell(agreement)});
    facts.push_back({"Review", ReviewCell(agreement)});
  }
  session.out() << FormatFacts(facts, session.width(), session.colour());
  for (const Chapter& chapter : InWords(agreement)) {
    session.out() << "\n" << chapter.title << "\n";
    facts.clear();
    for (const Clause& clause : chapter.clauses) {
      // A label stands beside its first value only.
      std::string label = clause.label;
      for (const std::string& value : clause.values) {
        facts.push_back({std::exchange(label, ""), Plain(value)});
      }
    }
    session.out() << FormatFacts(facts, session.width(), session.colour());
  }
  if (agreement.state() == Agreement::DRAFT) {
    session.out() << "\nTo approve these terms:\n  concordat agreements approve "
                  << Printable(ShortName(agreement.name())) << " --digest "
                  << Printable(agreement.terms_digest()) << " --reason TEXT\n";
  }
}

absl::Status ShowAgreement(Session& session, const ShowOptions& options) {
  ASSIGN_OR_RETURN(const bool page, WantsPage(session, options.format));
  v1::GetAgreementRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), ExpandName(options.agreement, kAgreementPattern));
  request.set_version(options.version);
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  ASSIGN_OR_RETURN(const Agreement agreement, client.GetAgreement(request, call));
  if (session.options().output == OutputFormat::kJson) {
    session.out() << JsonText(ToJson(agreement));
  } else if (page) {
    session.out() << AgreementHtml(agreement);
  } else {
    PrintText(session, agreement);
  }
  return absl::OkStatus();
}

void PrintChanges(Session& session, const Agreement& from, const Agreement& to) {
  const std::vector<ClauseChange> changes = ChangesBetween(from, to);
  if (session.options().output != OutputFormat::kTable) {
    const std::vector<Column<ClauseChange>> columns = {
        {"", "clause", [](const ClauseChange& c) { return Plain(c.label); }},
        {"", "removed", [](const ClauseChange& c) { return Plain(absl::StrJoin(c.removed, ";")); }},
        {"", "added", [](const ClauseChange& c) { return Plain(absl::StrJoin(c.added, ";")); }},
    };
    if (session.options().output == OutputFormat::kCsv) {
      session.out() << MakeCsv(changes, columns);
      return;
    }
    nlohmann::ordered_json array = nlohmann::ordered_json::array();
    for (const ClauseChange& change : changes) {
      array.push_back(
          {{"clause", change.label}, {"removed", change.removed}, {"added", change.added}});
    }
    session.out() << JsonText(array);
    return;
  }
  session.out() << Printable(to.name()) << ": version " << from.version() << " to version "
                << to.version() << "\n"
                << (from.terms_digest() == to.terms_digest()
                        ? "the terms are the same: approvals of one cover the other\n"
                        : "the terms differ: approvals of one do not cover the other\n");
  for (const ClauseChange& change : changes) {
    session.out() << "\n" << change.label << "\n";
    for (const std::string& value : change.removed)
      session.out() << "  - " << Printable(value) << "\n";
    for (const std::string& value : change.added)
      session.out() << "  + " << Printable(value) << "\n";
  }
}

absl::Status DiffAgreement(Session& session, const DiffOptions& options) {
  v1::GetAgreementRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), ExpandName(options.agreement, kAgreementPattern));
  request.set_version(options.to);
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  ASSIGN_OR_RETURN(const Agreement to, client.GetAgreement(request, call));
  request.set_version(options.from > 0 ? options.from : to.version() - 1);
  if (request.version() == 0) {
    return UsageError(absl::StrCat("version ", to.version(), " is the first: there is no earlier"));
  }
  ASSIGN_OR_RETURN(const Agreement from, client.GetAgreement(request, call));
  PrintChanges(session, from, to);
  return absl::OkStatus();
}

// Sends one act on an agreement, and says how it then stands.
template <typename Request, typename Response>
absl::Status Act(Session& session, const ActOptions& options, Request request,
                 absl::StatusOr<Response> (Client::*method)(const Request&, CallOptions)) {
  ASSIGN_OR_RETURN(*request.mutable_name(), ExpandName(options.agreement, kAgreementPattern));
  request.set_reason(options.reason);
  request.set_dry_run(options.dry_run);
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  ASSIGN_OR_RETURN(const Response response, (client.*method)(request, call));
  const Agreement& agreement = response.agreement();
  if (session.options().output == OutputFormat::kJson) {
    session.out() << JsonText(ToJson(agreement));
    return absl::OkStatus();
  }
  session.out() << Printable(agreement.name()) << ": " << (options.dry_run ? "would be " : "")
                << StateWords(agreement) << ", version " << agreement.version();
  for (const Agreement::Withholding& withholding : agreement.withholdings()) {
    session.out() << ", without what " << Printable(ShortName(withholding.agency()))
                  << " contributes";
  }
  if (agreement.recorded_approvals_size() > 0) {
    session.out() << ", " << Counted(agreement.recorded_approvals_size(), "approval");
  }
  session.out() << "\n";
  return absl::OkStatus();
}

absl::Status Approve(Session& session, const ActOptions& options) {
  v1::ApproveAgreementRequest request;
  request.set_terms_digest(options.digest);
  return Act(session, options, request, &Client::ApproveAgreement);
}

absl::Status Suspend(Session& session, const ActOptions& options) {
  v1::SuspendAgreementRequest request;
  request.set_own_contributions(options.own_contributions);
  return Act(session, options, request, &Client::SuspendAgreement);
}

absl::Status Resume(Session& session, const ActOptions& options) {
  v1::ResumeAgreementRequest request;
  request.set_own_contributions(options.own_contributions);
  ASSIGN_OR_RETURN(*request.mutable_agency(), ExpandOptionalName(options.agency, kAgencyPattern));
  return Act(session, options, request, &Client::ResumeAgreement);
}

absl::Status End(Session& session, const ActOptions& options) {
  return Act(session, options, v1::EndAgreementRequest(), &Client::EndAgreement);
}

void AddActCommand(CLI::App& group, const std::string& name, const std::string& description,
                   Session& session, absl::Status (*run)(Session&, const ActOptions&)) {
  auto options = std::make_shared<ActOptions>();
  CLI::App* command = AddCommand(group, name, description, session, options, run);
  command->add_option("agreement", options->agreement, "The agreement")->required();
  command->add_option("--reason", options->reason, "Why, in words that stay with the agreement")
      ->required();
  if (run == &Approve) {
    command
        ->add_option("--digest", options->digest,
                     "The digest of the terms that you approve, as `agreements show` prints it")
        ->required();
  }
  if (run == &Suspend || run == &Resume) {
    command->add_flag("--own-contributions", options->own_contributions,
                      "Only plans that your agency owns and measures that it provides");
  }
  if (run == &Resume) {
    command->add_option("--agency", options->agency,
                        "With --own-contributions, for administrators: whose. Default: yours");
  }
  command->add_flag("--dry-run", options->dry_run, "Only say what it would be");
}

}  // namespace

void AddAgreementsCommands(CLI::App& app, Session& session) {
  CLI::App* group = AddGroup(app, "agreements", "Sharing agreements");
  AddCommand(*group, "list", "The agreements that your agency is a party of", session,
             std::make_shared<ListOptions>(), &ListAgreements);
  auto show = std::make_shared<ShowOptions>();
  CLI::App* command =
      AddCommand(*group, "show", "An agreement in plain words", session, show, &ShowAgreement);
  command->add_option("agreement", show->agreement, "The agreement")->required();
  AddPageOption(*command, show->format);
  command->add_option("--version", show->version, "An earlier version. Default: the newest")
      ->check(CLI::PositiveNumber);
  auto diff = std::make_shared<DiffOptions>();
  command = AddCommand(*group, "diff", "What differs between two versions of an agreement", session,
                       diff, &DiffAgreement);
  command->add_option("agreement", diff->agreement, "The agreement")->required();
  command->add_option("--from", diff->from, "The earlier version. Default: the one before --to")
      ->check(CLI::PositiveNumber);
  command->add_option("--to", diff->to, "The later version. Default: the newest")
      ->check(CLI::PositiveNumber);
  AddActCommand(*group, "approve", "Approve a draft for your agency", session, &Approve);
  AddActCommand(*group, "suspend", "Suspend an agreement at once", session, &Suspend);
  AddActCommand(*group, "resume", "End a suspension", session, &Resume);
  AddActCommand(*group, "end", "End an agreement for ever", session, &End);
}

}  // namespace concordat::cli
