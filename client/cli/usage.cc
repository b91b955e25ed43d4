#include "client/cli/usage.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "client/cli/text.h"

namespace concordat::cli {
namespace {

constexpr int kHighestLimit = 1000000;
// A word with more wrong letters than this share of its length is another word.
constexpr size_t kLettersForAMistake = 3;

constexpr char kEmptyValue[] = "has an empty value; leave the option out, or give it a value";

// How many letters must be added, left out or replaced to make `b` of `a`.
size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
  return names;
}

// The name that `word` was probably meant to be; empty when none is near.
std::string NearestName(const std::vector<std::string>& names, absl::string_view word) {
  std::string nearest;
  size_t least = std::numeric_limits<size_t>::max();
  for (const std::string& name : names) {
    const size_t distance = Distance(absl::AsciiStrToLower(word), name);
    if (distance < least) {
      least = distance;
      nearest = name;
    }
  }
  const size_t mistakes = 1 + word.size() / kLettersForAMistake;
  return least <= mistakes ? nearest : std::string();
}

// The last of the commands that were given: the one that asks for another.
const CLI::App& InnermostCommand(const CLI::App& app) {
  const CLI::App* innermost = &app;
  while (!innermost->get_subcommands().empty()) innermost = innermost->get_subcommands().back();
  return *innermost;
}

}  // namespace

void RefuseEmptyValues(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    const bool is_flag = option->get_items_expected_max() == 0;
    if (is_flag) continue;
    option->check(CLI::Validator(
        [](std::string& value) {
          return absl::StripAsciiWhitespace(value).empty() ? std::string(kEmptyValue)
                                                           : std::string();
        },
        /*validator_desc=*/""));
  }
  for (CLI::App* command : app.get_subcommands(nullptr)) RefuseEmptyValues(*command);
}

void RefuseEmptyAssignments(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") return;
    const bool assigns_nothing =
        absl::StartsWith(argument, "--") && argument.find('=') == argument.size() - 1;
    if (assigns_nothing) {
      throw CLI::ValidationError(argument.substr(0, argument.size() - 1), kEmptyValue);
    }
  }
}

CLI::ParseError ExplainParseError(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::RequiredError)) return error;
  const CLI::App& command = InnermostCommand(app);
  const std::vector<std::string> left_over = app.remaining(/*recurse=*/true);
  const std::vector<std::string> names = CommandNames(command);
  if (left_over.empty() || names.empty()) return error;
  const std::string& word = left_over.front();
  if (absl::StartsWith(word, "-")) {
    return {absl::StrCat("'", Printable(word), "' is no option"), CLI::ExitCodes::ExtrasError};
  }
  const std::string nearest = NearestName(names, word);
  return {absl::StrCat("'", Printable(word), "' is no command of `",
                       command.get_parent() == nullptr ? "concordat" : command.get_name(), "`: ",
                       nearest.empty() ? absl::StrCat("there are ", absl::StrJoin(names, ", "))
                                       : absl::StrCat("did you mean `", nearest, "`?")),
          CLI::ExitCodes::ExtrasError};
}

void AddLimitOption(CLI::App& command, int& limit) {
  command
      .add_option(
          "--limit", limit,
          absl::StrCat("At most so many, from 1 to ", kHighestLimit, ". Default: ", kDefaultLimit))
      ->check(CLI::Validator(
          [](std::string& value) {
            int number = 0;
            const bool good =
                absl::SimpleAtoi(value, &number) && number >= 1 && number <= kHighestLimit;
            return good ? std::string()
                        : absl::StrCat("must be a whole number from 1 to ", kHighestLimit);
          },
          /*validator_desc=*/""));
}

}  // namespace concordat::cli
