// `concordat apply`.
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "client/cli/apply_files.h"
#include "client/cli/commands.h"
#include "client/cli/list_output.h"
#include "client/cli/text.h"
#include "google/protobuf/reflection.h"
#include "google/rpc/error_details.pb.h"

namespace concordat::cli {
namespace {

struct ApplyOptions {
  std::vector<std::string> paths;
  bool dry_run = false;
};

// One file and what the service did with it.
struct Outcome {
  const ApplyFile* file;
  Applied applied;
};

// One line of the CSV: a change, or `UNCHANGED` for a file without any.
struct ChangeRow {
  std::string file;
  std::string change;
  std::string name;
  std::string fields;
};

void PrintProblems(Session& session, const std::vector<FileProblem>& problems) {
  for (const FileProblem& problem : problems) session.err() << ProblemText(problem) << "\n";
}

// A change that was asked for under one id must be one request.
std::string RequestIdOf(const std::string& request_id, size_t file, size_t files) {
  if (request_id.empty() || files == 1) return request_id;
  return absl::StrCat(request_id, "-", file + 1);
}

void SetDryRun(google::protobuf::Message& request) {
  request.GetReflection()->SetBool(&request, request.GetDescriptor()->FindFieldByName("dry_run"),
                                   true);
}

void PrintOutcomeText(Session& session, const Outcome& outcome, bool dry_run) {
  if (outcome.applied.changes.empty()) {
    session.out() << outcome.file->path << ": unchanged\n";
  } else {
    session.out() << outcome.file->path << ": "
                  << Counted(static_cast<int64_t>(outcome.applied.changes.size()), "change")
                  << (dry_run ? " would be made" : "") << "\n";
  }
  for (const v1::Change& change : outcome.applied.changes) {
    session.out() << "  " << LowerWords(NameOf(change.kind())) << " " << Printable(change.name());
    if (change.fields_size() > 0) {
      session.out() << " (" << Printable(absl::StrJoin(change.fields(), ", ")) << ")";
    }
    session.out() << "\n";
  }
  for (const v1::Notice& notice : outcome.applied.notices) {
    session.out() << "  notice " << Printable(notice.name()) << " " << Printable(notice.field())
                  << ": " << Printable(notice.description()) << "\n";
  }
}

nlohmann::ordered_json OutcomesJson(const std::vector<Outcome>& outcomes) {
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const Outcome& outcome : outcomes) {
    nlohmann::ordered_json object = {{"file", outcome.file->path},
                                     {"kind", FileKinds()[outcome.file->kind].name},
                                     {"changes", nlohmann::ordered_json::array()},
                                     {"notices", nlohmann::ordered_json::array()}};
    for (const auto& change : outcome.applied.changes) object["changes"].push_back(ToJson(change));
    for (const auto& notice : outcome.applied.notices) object["notices"].push_back(ToJson(notice));
    array.push_back(std::move(object));
  }
  return array;
}

std::string OutcomesCsv(const std::vector<Outcome>& outcomes) {
  std::vector<ChangeRow> rows;
  for (const Outcome& outcome : outcomes) {
    if (outcome.applied.changes.empty()) {
      rows.push_back({outcome.file->path, "UNCHANGED", "", ""});
    }
    for (const v1::Change& change : outcome.applied.changes) {
      rows.push_back({outcome.file->path, NameOf(change.kind()), change.name(),
                      absl::StrJoin(change.fields(), ";")});
    }
  }
  return MakeCsv<ChangeRow>(
      rows, {{"", "file", [](const ChangeRow& row) { return Plain(row.file); }},
             {"", "change", [](const ChangeRow& row) { return Plain(row.change); }},
             {"", "name", [](const ChangeRow& row) { return Plain(row.name); }},
             {"", "fields", [](const ChangeRow& row) { return Plain(row.fields); }}});
}

// The outcomes in a format for programs; for people they were printed one by
// one.
void PrintOutcomes(Session& session, const std::vector<Outcome>& outcomes) {
  if (session.options().output == OutputFormat::kJson) {
    session.out() << JsonText(OutcomesJson(outcomes));
  } else if (session.options().output == OutputFormat::kCsv) {
    session.out() << OutcomesCsv(outcomes);
  }
}

// The error, saying which file it is about and what became of the others. The
// fields it names are printed at their lines, and not once more without them.
absl::Status DescribeFailure(Session& session, absl::Status error, const ApplyFile& file,
                             size_t sent, size_t files) {
  const std::vector<FileProblem> problems = ProblemsOf(error, file);
  PrintProblems(session, problems);
  std::string what = absl::StrCat(file.path, ": ",
                                  problems.empty() ? std::string(error.message())
                                                   : Counted(static_cast<int64_t>(problems.size()),
                                                             "field is wrong", "fields are wrong"));
  if (files > 1) {
    absl::StrAppend(&what, "; ", sent, " of ", files, " files ", sent == 1 ? "was" : "were",
                    " applied before it");
  }
  absl::Status described(error.code(), what);
  error.ForEachPayload([&described](absl::string_view url, const absl::Cord& payload) {
    described.SetPayload(url, payload);
  });
  described.ErasePayload(PayloadUrl(*google::rpc::BadRequest::descriptor()));
  return described;
}

absl::Status SendFiles(Session& session, std::vector<ApplyFile>& files, bool dry_run) {
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  std::vector<Outcome> outcomes;
  absl::Status failure;
  for (size_t i = 0; i < files.size() && failure.ok(); ++i) {
    if (dry_run) SetDryRun(*files[i].request);
    call.request_id = RequestIdOf(session.options().request_id, i, files.size());
    absl::StatusOr<Applied> applied =
        FileKinds()[files[i].kind].send(client, *files[i].request, call);
    if (!applied.ok()) {
      failure = DescribeFailure(session, applied.status(), files[i], i, files.size());
      break;
    }
    outcomes.push_back({&files[i], *std::move(applied)});
    if (session.options().output == OutputFormat::kTable) {
      PrintOutcomeText(session, outcomes.back(), dry_run);
    }
  }
  PrintOutcomes(session, outcomes);
  return failure;
}

absl::Status Apply(Session& session, const ApplyOptions& options) {
  ASSIGN_OR_RETURN(const std::vector<std::string> paths, FindFiles(options.paths));
  std::vector<ApplyFile> files;
  const std::vector<FileProblem> problems = ReadFiles(paths, files);
  if (!problems.empty()) {
    PrintProblems(session, problems);
    return absl::InvalidArgumentError(
        absl::StrCat(Counted(static_cast<int64_t>(problems.size()), "problem"),
                     " in the files, so nothing was sent"));
  }
  return SendFiles(session, files, options.dry_run);
}

}  // namespace

void AddApplyCommand(CLI::App& app, Session& session) {
  auto options = std::make_shared<ApplyOptions>();
  CLI::App* command =
      AddCommand(app, "apply", "Makes what is stored equal to the files", session, options, &Apply);
  command->footer(
      "All files are read before one is sent. They are sent as directory, measures, agreements,\n"
      "plans, releases. Sending the same again changes nothing. With --request-id, each of\n"
      "several files gets the id and its number.");
  command
      ->add_option("-f,--file", options->paths,
                   "A file, or a folder with *.yaml files at any depth; repeatable")
      ->required()
      ->allow_extra_args(false);
  command->add_flag("--dry-run", options->dry_run,
                    "Only say what would change. Each file is judged by what is stored now");
}

}  // namespace concordat::cli
