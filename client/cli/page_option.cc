#include "client/cli/page_option.h"

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "client/cli/local_error.h"
#include "client/cli/text.h"

namespace concordat::cli {
namespace {

absl::Status NoFormat(const std::string& format, absl::string_view known) {
  return absl::InvalidArgumentError(absl::StrCat("'", Printable(format), "' is not ", known,
                                                 "; --output has the formats for programs"));
}

absl::Status CheckOutput(const Session& session, const std::string& format,
                         absl::string_view document) {
  if (session.options().output == OutputFormat::kTable) return absl::OkStatus();
  return UsageError(absl::StrCat("--format ", format, " is a ", document,
                                 ", and --output asks for another format"));
}

}  // namespace

void AddPageOption(CLI::App& command, std::string& format) {
  command.add_option("--format", format, "html: one page to print and file, instead of --output");
}

absl::StatusOr<bool> WantsPage(const Session& session, const std::string& format) {
  if (format.empty()) return false;
  if (format != "html") return NoFormat(format, "html");
  RETURN_IF_ERROR(CheckOutput(session, format, "page"));
  return true;
}

void AddDocumentOption(CLI::App& command, std::string& format) {
  command.add_option(
      "--format", format,
      "html: one page to print and file; xlsx: a workbook for a board paper; instead "
      "of --output");
}

absl::StatusOr<Document> WantedDocument(const Session& session, const std::string& format) {
  if (format.empty()) return Document::kNone;
  const bool is_page = format == "html";
  if (!is_page && format != "xlsx") return NoFormat(format, "html or xlsx");
  RETURN_IF_ERROR(CheckOutput(session, format, is_page ? "page" : "workbook"));
  return is_page ? Document::kPage : Document::kWorkbook;
}

}  // namespace concordat::cli
