// `--format`: what a command shows, as one page to print and file, or as a workbook.
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

// What a command makes in the place of what `--output` says.
enum class Document { kNone, kPage, kWorkbook };

// Adds `--format` of a command that can make a workbook as well as a page.
void AddDocumentOption(CLI::App& command, std::string& format);

// Which document is asked for; errors as of WantsPage.
absl::StatusOr<Document> WantedDocument(const Session& session, const std::string& format);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_PAGE_OPTION_H_
