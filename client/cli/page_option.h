// `--format html`: what a command shows, as one page to print and file.
#ifndef CONCORDAT_CLIENT_CLI_PAGE_OPTION_H_
#define CONCORDAT_CLIENT_CLI_PAGE_OPTION_H_

#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "client/cli/session.h"

namespace concordat::cli {

// Adds `--format`, which is bound to `format`; empty for what `--output` says.
void AddPageOption(CLI::App& command, std::string& format);

// Whether a page is asked for. INVALID_ARGUMENT when `format` is no format; UsageError
// when `--output` asks for something else at the same time.
absl::StatusOr<bool> WantsPage(const Session& session, const std::string& format);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_PAGE_OPTION_H_
