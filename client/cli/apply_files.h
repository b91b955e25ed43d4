// The files that `concordat apply` sends, read and checked before any is sent.
#ifndef CONCORDAT_CLIENT_CLI_APPLY_FILES_H_
#define CONCORDAT_CLIENT_CLI_APPLY_FILES_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/yaml_message.h"
#include "concordat/client.h"
#include "concordat/v1/change.pb.h"
#include "google/protobuf/message.h"

namespace concordat::cli {

// What the service did with one file.
struct Applied {
  std::vector<v1::Change> changes;
  std::vector<v1::Notice> notices;
};

// One sort of file, by the value of its `kind` key.
struct FileKind {
  std::string name;
  // An empty request of its type.
  const google::protobuf::Message* prototype;
  // Sends a request of its type.
  std::function<absl::StatusOr<Applied>(Client&, const google::protobuf::Message&,
                                        const CallOptions&)>
      send;
};

// All sorts, in the order they are sent: each stands on those before it.
const std::vector<FileKind>& FileKinds();

// One file, ready to be sent.
struct ApplyFile {
  std::string path;
  // Position in FileKinds().
  size_t kind = 0;
  std::unique_ptr<google::protobuf::Message> request;
  YamlLines lines;
};

// One thing that is wrong with a file.
struct FileProblem {
  std::string path;
  // Counted from 1.
  int line = 1;
  // Empty when it is about the file as a whole.
  std::string field;
  std::string description;
};

// `FILE:LINE: field: what`.
std::string ProblemText(const FileProblem& problem);

// The files that `paths` mean, each once: a file is itself, a folder all its
// *.yaml files at any depth, by name. NOT_FOUND or INVALID_ARGUMENT names a
// path that is nothing, or a folder without such files.
absl::StatusOr<std::vector<std::string>> FindFiles(const std::vector<std::string>& paths);

// Reads the files, and puts those that are right into `files`, in the order of
// sending. Returns every problem of every file.
std::vector<FileProblem> ReadFiles(const std::vector<std::string>& paths,
                                   std::vector<ApplyFile>& files);

// The same of one file for another command: `file.request` is given, empty, and its type
// goes with the value `kind` of the file's `kind` key. `file.kind` stays as it was.
std::vector<FileProblem> ReadFileOf(const std::string& kind, const std::string& path,
                                    ApplyFile& file);

// The problems that the service names in `error`, at their lines in `file`.
// Empty when it names no field.
std::vector<FileProblem> ProblemsOf(const absl::Status& error, const ApplyFile& file);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_APPLY_FILES_H_
