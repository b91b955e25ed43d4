#include "client/cli/apply_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <system_error>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "base/yaml_tree.h"
#include "client/cli/text.h"
#include "google/rpc/error_details.pb.h"

namespace concordat::cli {
namespace {

namespace fs = std::filesystem;

template <typename Request, typename Response>
FileKind MakeKind(std::string name,
                  absl::StatusOr<Response> (Client::*method)(const Request&, CallOptions)) {
  return {std::move(name), &Request::default_instance(),
          [method](Client& client, const google::protobuf::Message& request,
                   const CallOptions& options) -> absl::StatusOr<Applied> {
            ASSIGN_OR_RETURN(const Response response,
                             (client.*method)(static_cast<const Request&>(request), options));
            Applied applied;
            applied.changes.assign(response.changes().begin(), response.changes().end());
            if constexpr (requires { response.notices(); }) {
              applied.notices.assign(response.notices().begin(), response.notices().end());
            }
            return applied;
          }};
}

absl::StatusOr<std::string> ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  // An empty file inserts nothing, which the stream calls a failure.
  if (!file || (file.peek() != std::ifstream::traits_type::eof() && !(content << file.rdbuf()))) {
    return absl::NotFoundError("the file cannot be read");
  }
  return content.str();
}

void AddYamlFiles(const fs::path& folder, std::error_code& error, std::set<fs::path>& found) {
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".yaml" && entry->is_regular_file(error)) {
      found.insert(entry->path());
    }
  }
}

// Finds the position in `kinds` of the `kind` that the tree of a file says.
std::vector<FileProblem> FindKind(const std::string& path, const YamlNode& root,
                                  const std::vector<std::string>& kinds, size_t& position) {
  if (root.kind != YamlNode::Kind::kMap) {
    return {{path, root.line, "", "the file must be keys with values"}};
  }
  const auto problem = [&](int line, absl::string_view what) {
    return FileProblem{path, line, "kind",
                       absl::StrCat(what, ": expected ", kinds.size() > 1 ? "one of " : "",
                                    absl::StrJoin(kinds, ", "))};
  };
  for (size_t i = 0; i + 1 < root.children.size(); i += 2) {
    if (root.children[i].text != "kind") continue;
    const YamlNode& value = root.children[i + 1];
    const auto kind = absl::c_find(kinds, value.text);
    if (kind == kinds.end()) {
      return {problem(value.line, value.text.empty() ? "is missing" : "is not known")};
    }
    position = static_cast<size_t>(kind - kinds.begin());
    return {};
  }
  return {problem(root.line, "is missing")};
}

std::vector<FileProblem> AtPath(const std::string& path, std::vector<YamlProblem> problems) {
  std::vector<FileProblem> placed;
  for (YamlProblem& problem : problems) {
    placed.push_back(
        {path, problem.line, std::move(problem.field), std::move(problem.description)});
  }
  return placed;
}

// Reads one file of one of `kinds` into `file`, which `begin` makes ready when the kind's
// position is known; all its problems when it is not right.
std::vector<FileProblem> ReadFile(const std::string& path, const std::vector<std::string>& kinds,
                                  absl::FunctionRef<void(size_t position)> begin, ApplyFile& file) {
  const absl::StatusOr<std::string> text = ReadWhole(path);
  if (!text.ok()) return {{path, 1, "", std::string(text.status().message())}};
  YamlNode root;
  std::vector<YamlProblem> syntax;
  if (!ReadYamlTree(*text, root, syntax)) return AtPath(path, std::move(syntax));
  size_t position = 0;
  if (std::vector<FileProblem> problems = FindKind(path, root, kinds, position);
      !problems.empty()) {
    std::vector<FileProblem> all = AtPath(path, std::move(syntax));
    all.insert(all.end(), problems.begin(), problems.end());
    return all;
  }
  file.path = path;
  begin(position);
  return AtPath(path, ReadYaml(*text, *file.request, {"kind"}, &file.lines));
}

}  // namespace

const std::vector<FileKind>& FileKinds() {
  static const auto* const kinds = new std::vector<FileKind>{
      MakeKind("directory", &Client::ApplyDirectory), MakeKind("measures", &Client::ApplyMeasures),
      MakeKind("agreement", &Client::ApplyAgreement), MakeKind("plan", &Client::ApplyPlan),
      MakeKind("release", &Client::ImportRelease)};
  return *kinds;
}

std::string ProblemText(const FileProblem& problem) {
  return absl::StrCat(problem.path, ":", problem.line, ": ", Printable(problem.field),
                      problem.field.empty() ? "" : ": ", Printable(problem.description));
}

absl::StatusOr<std::vector<std::string>> FindFiles(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  std::set<fs::path> seen;
  for (const std::string& path : paths) {
    std::error_code error;
    std::set<fs::path> found;
    if (fs::is_directory(path, error)) {
      AddYamlFiles(path, error, found);
      if (!error && found.empty()) {
        return absl::InvalidArgumentError(absl::StrCat(path, " holds no *.yaml file"));
      }
    } else if (fs::exists(path, error)) {
      found.insert(path);
    } else {
      return absl::InvalidArgumentError(absl::StrCat("there is no file or folder ", path));
    }
    if (error) {
      return absl::InvalidArgumentError(
          absl::StrCat("cannot read the folder ", path, ": ", error.message()));
    }
    for (const fs::path& file : found) {
      if (seen.insert(fs::weakly_canonical(file, error)).second) files.push_back(file.string());
    }
  }
  return files;
}

std::vector<FileProblem> ReadFiles(const std::vector<std::string>& paths,
                                   std::vector<ApplyFile>& files) {
  std::vector<std::string> kinds;
  for (const FileKind& kind : FileKinds()) kinds.push_back(kind.name);
  std::vector<FileProblem> problems;
  for (const std::string& path : paths) {
    ApplyFile file;
    const auto begin = [&file](size_t kind) {
      file.kind = kind;
      file.request.reset(FileKinds()[kind].prototype->New());
    };
    std::vector<FileProblem> of_file = ReadFile(path, kinds, begin, file);
    if (of_file.empty()) {
      files.push_back(std::move(file));
    } else {
      problems.insert(problems.end(), std::make_move_iterator(of_file.begin()),
                      std::make_move_iterator(of_file.end()));
    }
  }
  std::stable_sort(files.begin(), files.end(),
                   [](const ApplyFile& a, const ApplyFile& b) { return a.kind < b.kind; });
  return problems;
}

std::vector<FileProblem> ReadFileOf(const std::string& kind, const std::string& path,
                                    ApplyFile& file) {
  return ReadFile(
      path, {kind}, [](size_t) {}, file);
}

std::vector<FileProblem> ProblemsOf(const absl::Status& error, const ApplyFile& file) {
  std::vector<FileProblem> problems;
  const auto bad_request = PayloadOf<google::rpc::BadRequest>(error);
  if (!bad_request.has_value()) return problems;
  for (const auto& violation : bad_request->field_violations()) {
    problems.push_back({file.path, LineOf(file.lines, violation.field()), violation.field(),
                        violation.description()});
  }
  return problems;
}

}  // namespace concordat::cli
