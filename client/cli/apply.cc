// `concordat apply`.
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "client/cli/apply_files.h"
#include "client/cli/apply_references.h"
#include "client/cli/apply_report.h"
#include "client/cli/commands.h"
#include "client/cli/text.h"
#include "google/protobuf/reflection.h"

namespace concordat::cli {
namespace {

struct ApplyOptions {
  std::vector<std::string> paths;
  bool dry_run = false;
};

// A change that was asked for under one id must be one request.
std::string RequestIdOf(const std::string& request_id, size_t file, size_t files) {
  if (request_id.empty() || files == 1) return request_id;
  return absl::StrCat(request_id, "-", file + 1);
}

void SetDryRun(google::protobuf::Message& request) {
  request.GetReflection()->SetBool(&request, request.GetDescriptor()->FindFieldByName("dry_run"),
                                   true);
}

// The names that an earlier file of a dry run would add. Of one that was refused
// itself it is not known which of its names are new, so all are taken.
absl::btree_set<std::string> NamesToCome(const Outcome& earlier) {
  if (!earlier.status.ok()) return DeclaredNames(*earlier.file->request);
  absl::btree_set<std::string> names;
  for (const v1::Change& change : earlier.applied.changes) {
    if (change.kind() == v1::Change::ADDED) names.insert(change.name());
  }
  return names;
}

// `, but FILE of this run would add NAME` when `reference` names something that
// an earlier file of the dry run brings; else empty.
std::string ReferenceNote(absl::string_view reference, const std::vector<Outcome>& earlier) {
  for (const Outcome& outcome : earlier) {
    const std::string name = ReferredName(NamesToCome(outcome), reference);
    if (name.empty()) continue;
    return absl::StrCat("; ", name, " is not stored yet: ", outcome.file->path, " of this run ",
                        outcome.status.ok() ? "would add it" : "names it, and is refused itself");
  }
  return "";
}

// The problems with a note at each that an earlier file explains. Returns
// whether there is one.
bool ExplainByEarlierFiles(const ApplyFile& file, const std::vector<Outcome>& earlier,
                           std::vector<FileProblem>& problems) {
  bool explained = false;
  for (FileProblem& problem : problems) {
    const std::string note = ReferenceNote(TextAt(*file.request, problem.field), earlier);
    absl::StrAppend(&problem.description, note);
    explained = explained || !note.empty();
  }
  return explained;
}

// Whether the service would say the same of any file.
bool IsAboutTheCall(const absl::Status& error) {
  return absl::IsUnavailable(error) || absl::IsDeadlineExceeded(error) ||
         absl::IsUnauthenticated(error);
}

// Sends the files one after the other.
class Sender {
 public:
  Sender(Session& session, std::vector<ApplyFile>& files, bool dry_run)
      : session_(session), files_(files), dry_run_(dry_run) {}

  absl::Status Run() {
    ASSIGN_OR_RETURN(CallOptions call, session_.Call());
    ASSIGN_OR_RETURN(Client client, session_.Connect());
    for (size_t i = 0; i < files_.size() && !stopped_; ++i) {
      if (dry_run_) SetDryRun(*files_[i].request);
      call.request_id = RequestIdOf(session_.options().request_id, i, files_.size());
      Record(files_[i], FileKinds()[files_[i].kind].send(client, *files_[i].request, call));
    }
    PrintOutcomes(session_, outcomes_, dry_run_);
    return Conclusion();
  }

 private:
  void Record(const ApplyFile& file, absl::StatusOr<Applied> applied) {
    if (applied.ok()) {
      outcomes_.push_back({&file, absl::OkStatus(), *std::move(applied)});
      if (session_.options().output == OutputFormat::kTable) {
        PrintAccepted(session_, outcomes_.back(), dry_run_);
      }
      return;
    }
    Outcome outcome = {&file, Describe(file, applied.status()), {}};
    if (failure_.ok()) failure_ = outcome.status;
    outcomes_.push_back(std::move(outcome));
    // What was already stored stays; a dry run goes on, to report on every file.
    stopped_ = !dry_run_ || IsAboutTheCall(applied.status());
  }

  // Prints the fields that `error` names at their lines; the error without them,
  // with the file's name.
  absl::Status Describe(const ApplyFile& file, const absl::Status& error) {
    std::vector<FileProblem> problems = ProblemsOf(error, file);
    if (dry_run_ && ExplainByEarlierFiles(file, outcomes_, problems)) waits_for_others_ = true;
    PrintProblems(session_, problems);
    const std::string what = RefusalText(error, problems);
    const bool is_one_of_several = dry_run_ && files_.size() > 1;
    if (is_one_of_several) session_.err() << file.path << ": " << Printable(what) << "\n";
    return WithMessage(error, absl::StrCat(file.path, ": ", what));
  }

  // The first failure, with what became of all files.
  absl::Status Conclusion() const {
    if (failure_.ok() || files_.size() == 1) return failure_;
    const std::string counts = FilesText(outcomes_, files_.size());
    if (!dry_run_) {
      return WithMessage(
          failure_, absl::StrCat(failure_.message(), "; of ", files_.size(), " files: ", counts));
    }
    return WithMessage(
        failure_,
        absl::StrCat("dry run of ", files_.size(), " files: ", counts,
                     waits_for_others_
                         ? "\neach file was judged by what is stored now: apply those that others "
                           "refer to, then judge the rest"
                         : ""));
  }

  Session& session_;
  std::vector<ApplyFile>& files_;
  const bool dry_run_;
  std::vector<Outcome> outcomes_;
  absl::Status failure_;
  bool stopped_ = false;
  // A refused file refers to what an earlier one would add.
  bool waits_for_others_ = false;
};

absl::Status Apply(Session& session, const ApplyOptions& options) {
  ASSIGN_OR_RETURN(const std::vector<std::string> paths, FindFiles(options.paths));
  std::vector<ApplyFile> files;
  if (const auto problems = ReadFiles(paths, files); !problems.empty()) {
    return NothingSent(session, problems, "the files");
  }
  return Sender(session, files, options.dry_run).Run();
}

}  // namespace

void AddApplyCommand(CLI::App& app, Session& session) {
  auto options = std::make_shared<ApplyOptions>();
  CLI::App* command =
      AddCommand(app, "apply", "Makes what is stored equal to the files", session, options, &Apply);
  command->footer(
      "All files are read before one is sent. They are sent as directory, measures, agreements,\n"
      "plans, releases, up to the first that fails. Sending the same again changes nothing. With\n"
      "--request-id, each of several files gets the id and its number.");
  command
      ->add_option("-f,--file", options->paths,
                   "A file, or a folder with *.yaml files at any depth; repeatable")
      ->required()
      ->allow_extra_args(false);
  command->add_flag("--dry-run", options->dry_run,
                    "Only say of every file what would change. Each is judged by what is stored "
                    "now, not by what the files before it would add");
}

}  // namespace concordat::cli
