// The commands of `concordat audit`, those that have a file of their own.
#ifndef CONCORDAT_CLIENT_CLI_AUDIT_COMMANDS_H_
#define CONCORDAT_CLIENT_CLI_AUDIT_COMMANDS_H_

#include "CLI/CLI.hpp"
#include "client/cli/session.h"

namespace concordat::cli {

void AddAuditShowCommand(CLI::App& group, Session& session);
void AddAuditSummaryCommand(CLI::App& group, Session& session);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_AUDIT_COMMANDS_H_
