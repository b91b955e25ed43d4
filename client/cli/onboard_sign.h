// `concordat onboard sign`, for the partnership's office.
#ifndef CONCORDAT_CLIENT_CLI_ONBOARD_SIGN_H_
#define CONCORDAT_CLIENT_CLI_ONBOARD_SIGN_H_

#include "CLI/CLI.hpp"
#include "client/cli/session.h"

namespace concordat::cli {

void AddOnboardSignCommand(CLI::App& onboard, Session& session);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_ONBOARD_SIGN_H_
