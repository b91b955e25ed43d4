#include "client/cli/app.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/cli/commands.h"
#include "client/cli/error_text.h"
#include "client/cli/local_error.h"
#include "client/cli/text.h"
#include "client/cli/usage.h"

namespace concordat::cli {
namespace {

constexpr absl::string_view kEnvironmentHelp =
    "Environment: CONCORDAT_CONFIG_DIR, CONCORDAT_PROFILE, NO_COLOR; GRPC_VERBOSITY (error, info\n"
    "or debug) lets gRPC's own log onto standard error.";

absl::StatusOr<OutputFormat> ParseFormat(absl::string_view word) {
  const std::string lower = absl::AsciiStrToLower(word);
  if (lower == "table") return OutputFormat::kTable;
  if (lower == "json") return OutputFormat::kJson;
  if (lower == "csv") return OutputFormat::kCsv;
  return absl::InvalidArgumentError(
      absl::StrCat("'", Printable(word), "' is none of: table, json, csv"));
}

void AddGlobalOptions(CLI::App& app, GlobalOptions& options) {
  app.add_option("--profile", options.profile,
                 "Which service to call and as whom: NAME.yaml in $CONCORDAT_CONFIG_DIR or "
                 "~/.config/concordat. Default: $CONCORDAT_PROFILE, else `default`");
  app.add_option_function<std::string>(
         "--output",
         [&options](const std::string& word) {
           const absl::StatusOr<OutputFormat> format = ParseFormat(word);
           if (!format.ok()) {
             throw CLI::ValidationError("--output", std::string(format.status().message()));
           }
           options.output = *format;
         },
         "table, json or csv. Default: table")
      ->type_name("FORMAT");
  app.add_option("--purpose", options.purpose, "Why you ask, as the agreement names it");
  app.add_option("--agreement", options.agreement, "The agreement to decide by");
  app.add_option("--on-behalf-of", options.on_behalf_of,
                 "An identifier of the person you ask for, never a name");
  app.add_option("--request-id", options.request_id,
                 "Makes a change safe to send twice. Default: a random one");
  app.add_flag("--show-receipt", options.show_receipt,
               "Also print the audit log's receipt of the call");
}

// Reads the command line into the session, or prints what was asked for instead
// of a command, or what is wrong. Nothing when a command is to be run.
std::optional<ExitCode> Parse(CLI::App& app, std::vector<std::string> arguments,
                              Environment& environment) {
  try {
    RefuseEmptyAssignments(arguments);
    // CLI11 takes the arguments from the back of the vector.
    std::reverse(arguments.begin(), arguments.end());
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    const int outcome = app.exit(ExplainParseError(app, error), environment.out, environment.err);
    return outcome == 0 ? ExitCode::kOk : ExitCode::kUsage;
  }
  return std::nullopt;
}

// Whether all that was printed has arrived. Says so when not.
bool Flush(Environment& environment) {
  if (environment.out.flush()) return true;
  environment.err << "concordat: the output could not be written\n";
  return false;
}

void PrintReceipt(Session& session) {
  const Receipt& receipt = session.receipt();
  if (receipt.origin().empty()) {
    session.err() << "receipt: none came\n";
    return;
  }
  session.err() << "receipt: " << ReceiptText(receipt) << " leaf "
                << absl::BytesToHexString(receipt.leaf_hash()) << " time "
                << InstantText(receipt.time()) << "\n"
                << "proof: concordat audit receipt fetch " << receipt.index() << ":"
                << absl::BytesToHexString(receipt.leaf_hash()) << "\n";
}

}  // namespace

CLI::App* AddGroup(CLI::App& app, const std::string& name, const std::string& description) {
  CLI::App* group = app.add_subcommand(name, description);
  group->require_subcommand(1);
  return group;
}

ExitCode RunApp(std::vector<std::string> arguments, Environment& environment) {
  Session session(environment);
  CLI::App app("Shared plans and figures of a safeguarding partnership.", "concordat");
  app.require_subcommand(1);
  // So that `concordat plans list --output json` reads like the global form.
  app.fallthrough();
  app.footer(absl::StrCat(kExitCodeHelp, "\n", kEnvironmentHelp));
  app.set_version_flag("--version", "concordat " CONCORDAT_VERSION);
  AddGlobalOptions(app, session.options());
  AddWhoAmICommand(app, session);
  AddPlansCommands(app, session);
  AddActionsCommands(app, session);
  AddMeasuresCommands(app, session);
  AddReturnsCommands(app, session);
  AddReleasesCommands(app, session);
  AddScorecardCommand(app, session);
  AddAgreementsCommands(app, session);
  AddAccessCommands(app, session);
  AddDirectoryCommands(app, session);
  AddAuditCommands(app, session);
  AddRedactCommand(app, session);
  AddApplyCommand(app, session);
  AddOnboardCommands(app, session);
  AddDoctorCommand(app, session);

  RefuseEmptyValues(app);

  if (const auto code = Parse(app, std::move(arguments), environment); code.has_value()) {
    return Flush(environment) ? *code : ExitCode::kOther;
  }
  const absl::Status status = session.RunCommand();
  // What could not be written ends the command too; it is said once.
  const bool says_nothing_more = status.ok() || LocalNextStep(status).has_value();
  if (!environment.out.flush() && says_nothing_more) {
    Flush(environment);
    return ExitCode::kOther;
  }
  if (!status.ok()) environment.err << ErrorText(status);
  if (session.options().show_receipt) PrintReceipt(session);
  return ExitCodeOf(status);
}

}  // namespace concordat::cli
