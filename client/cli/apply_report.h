// What `concordat apply` says about each file, and about all of them.
#ifndef CONCORDAT_CLIENT_CLI_APPLY_REPORT_H_
#define CONCORDAT_CLIENT_CLI_APPLY_REPORT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/cli/apply_files.h"
#include "client/cli/session.h"

namespace concordat::cli {

// One file that was sent, and what the service did with it or why it did not.
struct Outcome {
  const ApplyFile* file = nullptr;
  absl::Status status;
  // Empty unless `status` is OK.
  Applied applied;
};

// How many resources were changed in which way, or were not.
struct ChangeCounts {
  int64_t added = 0;
  int64_t revised = 0;
  int64_t removed = 0;
  // Resources that files name and that stood as they are written.
  int64_t unchanged = 0;

  void Add(const ChangeCounts& other);
  bool any_change() const { return added + revised + removed > 0; }
};

// Prints what is wrong with files, each problem on a line of its own.
void PrintProblems(Session& session, const std::vector<FileProblem>& problems);

// Prints what is wrong with `what`, such as `the files`; the error that ends the command.
absl::Status NothingSent(Session& session, const std::vector<FileProblem>& problems,
                         absl::string_view what);

// `error` with another message, and without the fields that are printed already.
absl::Status WithMessage(const absl::Status& error, absl::string_view message);

// What is said of a file after its problems were printed: `2 fields are wrong`, or the
// error's own words when it names no field.
std::string RefusalText(const absl::Status& error, const std::vector<FileProblem>& problems);

// The counts of a file that was accepted.
ChangeCounts CountChanges(const Outcome& outcome);

// `2 added, 1 revised, 104 unchanged`: those that are not 0, or `unchanged`.
std::string CountsText(const ChangeCounts& counts);

// Prints a file's line, its changes and its notices.
void PrintAccepted(Session& session, const Outcome& outcome, bool dry_run);

// Prints all outcomes in the format for programs that was chosen, or for people
// the sum of several files.
void PrintOutcomes(Session& session, const std::vector<Outcome>& outcomes, bool dry_run);

// Of `files` files, how many changed something, were unchanged, were refused
// (failed) and were not sent: `1 changed, 1 failed, 2 not sent`.
std::string FilesText(const std::vector<Outcome>& outcomes, size_t files);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_APPLY_REPORT_H_
