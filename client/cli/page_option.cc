#include "client/cli/page_option.h"

#include "absl/strings/str_cat.h"
#include "client/cli/local_error.h"
#include "client/cli/text.h"

namespace concordat::cli {

void AddPageOption(CLI::App& command, std::string& format) {
  command.add_option("--format", format, "html: one page to print and file, instead of --output");
}

absl::StatusOr<bool> WantsPage(const Session& session, const std::string& format) {
  if (format.empty()) return false;
  if (format != "html") {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", Printable(format), "' is not html; --output has the formats for programs"));
  }
  if (session.options().output != OutputFormat::kTable) {
    return UsageError("--format html is a page, and --output asks for another format");
  }
  return true;
}

}  // namespace concordat::cli
