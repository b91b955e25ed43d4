// `concordat measures submit FILE`.
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/local_error.h"
#include "client/cli/names.h"
#include "client/cli/progress_line.h"
#include "client/cli/text.h"
#include "client/rows/row_file.h"

namespace concordat::cli {
namespace {

struct SubmitOptions {
  std::string file;
  std::string provider;
  std::string source;
  std::string reason;
  bool confirm = false;
  bool dry_run = false;
};

absl::Status CannotRead(const std::string& path, const absl::Status& error) {
  if (absl::IsNotFound(error) || absl::IsUnavailable(error)) {
    return LocalError(absl::StrCat("cannot read ", Printable(path)), "check the file's name");
  }
  return absl::InvalidArgumentError(absl::StrCat(Printable(path), ": ", error.message()));
}

// Reads all of the file before anything is sent.
absl::StatusOr<int64_t> CheckRows(Session& session, const std::string& path, rows::RowFile& file) {
  const absl::StatusOr<rows::FileCheck> check = rows::CheckFile(file);
  if (!check.ok()) return CannotRead(path, check.status());
  for (const std::string& problem : check->problems) {
    session.err() << Printable(path) << ": " << Printable(problem) << "\n";
  }
  if (check->problem_count > 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(Counted(check->problem_count, "row is wrong", "rows are wrong"),
                     " in the file, so nothing was sent"));
  }
  if (check->rows == 0) {
    return absl::InvalidArgumentError(absl::StrCat(Printable(path), ": has no rows"));
  }
  return check->rows;
}

void PrintProblems(Session& session,
                   const google::protobuf::RepeatedPtrField<v1::RowProblem>& problems,
                   int64_t count, absl::string_view word) {
  for (const v1::RowProblem& problem : problems) {
    session.out() << word << ": ";
    if (problem.row() > 0) session.out() << "row " << problem.row() << ", ";
    session.out() << Printable(problem.column()) << ": " << Printable(problem.description())
                  << "\n";
  }
  if (count > problems.size()) {
    session.out() << word << ": and " << count - problems.size() << " more\n";
  }
}

void PrintAnswer(Session& session, const v1::SubmitObservationsResponse& response, bool dry_run) {
  PrintProblems(session, response.problems(), response.problem_count(), "problem");
  PrintProblems(session, response.warnings(), response.warning_count(), "warning");
  const v1::Submission& submission = response.submission();
  if (dry_run) {
    session.out() << "dry run: ";
  } else {
    session.out() << Printable(submission.name()) << ": ";
  }
  session.out() << Counted(submission.row_count(), "row") << " for "
                << Printable(ShortName(submission.provider())) << ", " << submission.added()
                << " new, " << submission.revised() << " revised, " << submission.unchanged()
                << " as they were\n";
}

absl::StatusOr<std::string> ProviderOf(const SubmitOptions& options, Client& client,
                                       const CallOptions& call) {
  if (!options.provider.empty()) return ExpandName(options.provider, kAgencyPattern);
  ASSIGN_OR_RETURN(const v1::WhoAmIResponse me, client.WhoAmI(call));
  return me.agency();
}

absl::Status Submit(Session& session, const SubmitOptions& options) {
  absl::StatusOr<std::unique_ptr<rows::RowFile>> file = rows::OpenRowFile(options.file);
  if (!file.ok()) return CannotRead(options.file, file.status());
  ASSIGN_OR_RETURN(const int64_t row_count, CheckRows(session, options.file, **file));
  ASSIGN_OR_RETURN(const CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  v1::SubmissionHeader header;
  ASSIGN_OR_RETURN(*header.mutable_provider(), ProviderOf(options, client, call));
  header.set_source(options.source);
  header.set_revision_reason(options.reason);
  header.set_confirm(options.confirm);
  header.set_dry_run(options.dry_run);
  absl::StatusOr<v1::SubmitObservationsResponse> response = [&] {
    ProgressLine progress(session, "rows");
    return client.SubmitObservations(
        header, **file, [&](int64_t rows) { progress.Show(rows, row_count); }, call);
  }();
  if (!response.ok()) return response.status();
  if (session.options().output == OutputFormat::kJson) {
    session.out() << JsonText(ToJson(*response));
  } else {
    PrintAnswer(session, *response, options.dry_run);
  }
  if (response->problem_count() > 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(Counted(response->problem_count(), "problem"), "; nothing would be applied"));
  }
  if (options.dry_run && !options.confirm && response->warning_count() > 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        Counted(response->warning_count(), "warning"),
        "; nothing would be applied without --confirm, which says that they are right"));
  }
  return absl::OkStatus();
}

}  // namespace

void AddSubmitCommand(CLI::App& measures, Session& session) {
  auto options = std::make_shared<SubmitOptions>();
  CLI::App* command = AddCommand(measures, "submit", "Sends a file of figures, all or nothing",
                                 session, options, &Submit);
  command->footer(
      "The columns are documented in docs/integrating.md. All of the file is read before anything\n"
      "is sent. Sending the same again changes nothing.");
  command->add_option("file", options->file, "A .csv, .xlsx or .ndjson file")->required();
  command->add_option("--provider", options->provider,
                      "Whose figures they are. Default: your own agency's");
  command->add_option("--source", options->source,
                      "Where another agency's figures came from, such as `workbook e-mailed on 3 "
                      "May 2019`");
  command->add_option("--reason", options->reason, "Why earlier figures are replaced");
  command->add_flag("--confirm", options->confirm,
                    "Figures that jump against the period before are right");
  command->add_flag("--dry-run", options->dry_run, "Only say what is wrong and what would change");
}

}  // namespace concordat::cli
