// The commands, each group in a file of its own.
#ifndef CONCORDAT_CLIENT_CLI_COMMANDS_H_
#define CONCORDAT_CLIENT_CLI_COMMANDS_H_

#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "client/cli/session.h"

namespace concordat::cli {

void AddWhoAmICommand(CLI::App& app, Session& session);
void AddPlansCommands(CLI::App& app, Session& session);
void AddActionsCommands(CLI::App& app, Session& session);
void AddMeasuresCommands(CLI::App& app, Session& session);
void AddReturnsCommands(CLI::App& app, Session& session);
// What `AddReturnsCommands` adds of workbooks.
void AddReturnsTemplateCommand(CLI::App& returns, Session& session);
// What `AddMeasuresCommands` adds of submissions.
void AddSubmitCommand(CLI::App& measures, Session& session);
void AddReleasesCommands(CLI::App& app, Session& session);
void AddScorecardCommand(CLI::App& app, Session& session);
// What `AddReleasesCommands` adds of making and withdrawing releases.
void AddPublicationCommands(CLI::App& releases, Session& session);
void AddAgreementsCommands(CLI::App& app, Session& session);
void AddAccessCommands(CLI::App& app, Session& session);
void AddDirectoryCommands(CLI::App& app, Session& session);
void AddAuditCommands(CLI::App& app, Session& session);
void AddRedactCommand(CLI::App& app, Session& session);
// What `AddAuditCommands` adds of proofs.
void AddAuditProofCommands(CLI::App& audit, Session& session);
void AddApplyCommand(CLI::App& app, Session& session);
void AddOnboardCommands(CLI::App& app, Session& session);
void AddDoctorCommand(CLI::App& app, Session& session);

// Adds a group of commands, one of which has to follow.
CLI::App* AddGroup(CLI::App& app, const std::string& name, const std::string& description);

// Adds the command `name`, which runs `run` with `options`. The options are
// filled by what the caller binds to them on the returned command.
template <typename Options>
CLI::App* AddCommand(CLI::App& parent, const std::string& name, const std::string& description,
                     Session& session, std::shared_ptr<Options> options,
                     absl::Status (*run)(Session&, const Options&)) {
  CLI::App* command = parent.add_subcommand(name, description);
  command->callback([&session, options = std::move(options), run] {
    session.SetCommand([&session, options, run] { return run(session, *options); });
  });
  return command;
}

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_COMMANDS_H_
