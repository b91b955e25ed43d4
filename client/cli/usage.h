// What makes a command line wrong, said so that it can be mended.
#ifndef CONCORDAT_CLIENT_CLI_USAGE_H_
#define CONCORDAT_CLIENT_CLI_USAGE_H_

#include <string>
#include <vector>

#include "CLI/CLI.hpp"

namespace concordat::cli {

// Makes every option of `app` and of its commands refuse an empty value. In a
// script that is a variable nobody set, and an empty filter would widen the
// question. Call it when all options are added.
void RefuseEmptyValues(CLI::App& app);

// Throws CLI::ParseError for an argument such as `--topic=`, whose value CLI11
// would take from the argument after it.
void RefuseEmptyAssignments(const std::vector<std::string>& arguments);

// The error to show for `error`: one that names the word which is no command and
// the nearest one that is, when that is what is wrong; else `error` itself.
CLI::ParseError ExplainParseError(const CLI::App& app, const CLI::ParseError& error);

// What `--limit` is when it is not given, and the most that a page can have.
inline constexpr int kDefaultLimit = 100;
inline constexpr int kLargestPage = 1000;

// Adds `--limit`, which is bound to `limit` and stands between 1 and 1,000,000.
void AddLimitOption(CLI::App& command, int& limit);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_USAGE_H_
