#include "client/cli/app.h"

#include <algorithm>
#include <map>

#include "CLI/CLI.hpp"
#include "absl/strings/escaping.h"
#include "client/cli/commands.h"
#include "client/cli/error_text.h"
#include "client/cli/text.h"

namespace concordat::cli {
namespace {

void AddGlobalOptions(CLI::App& app, GlobalOptions& options) {
  static const std::map<std::string, OutputFormat> formats = {
      {"table", OutputFormat::kTable}, {"json", OutputFormat::kJson}, {"csv", OutputFormat::kCsv}};
  app.add_option("--profile", options.profile,
                 "Which service to call and as whom: NAME.yaml in $CONCORDAT_CONFIG_DIR or "
                 "~/.config/concordat. Default: $CONCORDAT_PROFILE, else `default`");
  app.add_option("--output", options.output, "table, json or csv. Default: table")
      ->transform(CLI::CheckedTransformer(formats, CLI::ignore_case).description(""))
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

void PrintReceipt(Session& session) {
  const Receipt& receipt = session.receipt();
  if (receipt.origin().empty()) {
    session.err() << "receipt: none came\n";
    return;
  }
  session.err() << "receipt: " << ReceiptText(receipt) << " leaf "
                << absl::BytesToHexString(receipt.leaf_hash()) << " time "
                << InstantText(receipt.time()) << "\n";
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
  app.footer(std::string(kExitCodeHelp));
  app.set_version_flag("--version", "concordat " CONCORDAT_VERSION);
  AddGlobalOptions(app, session.options());
  AddWhoAmICommand(app, session);
  AddPlansCommands(app, session);
  AddActionsCommands(app, session);
  AddMeasuresCommands(app, session);
  AddReleasesCommands(app, session);
  AddAgreementsCommands(app, session);
  AddDirectoryCommands(app, session);
  AddAuditCommands(app, session);
  AddApplyCommand(app, session);

  // CLI11 takes the arguments from the back of the vector.
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    const bool asked_for = app.exit(error, environment.out, environment.err) == 0;
    return asked_for ? ExitCode::kOk : ExitCode::kUsage;
  }
  const absl::Status status = session.RunCommand();
  environment.out.flush();
  if (!status.ok()) environment.err << ErrorText(status);
  if (session.options().show_receipt) PrintReceipt(session);
  if (status.ok() && !environment.out) {
    environment.err << "concordat: the output could not be written\n";
    return ExitCode::kOther;
  }
  return ExitCodeOf(status);
}

}  // namespace concordat::cli
