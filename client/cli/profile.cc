#include "client/cli/profile.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/yaml_message.h"
#include "client/cli/profile.pb.h"
#include "client/cli/text.h"

namespace concordat::cli {
namespace {

constexpr absl::string_view kKeys =
    "target, ca_certificate_file, certificate_file, private_key_file, and perhaps server_name, "
    "purpose and stream_window_bytes";

bool IsFileName(const std::string& name) {
  if (name.empty() || name[0] == '.') return false;
  for (const char c : name) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.') {
      return false;
    }
  }
  return true;
}

std::string Resolve(const std::filesystem::path& folder, const std::string& path) {
  return path.empty() ? path : (folder / path).lexically_normal().string();
}

std::string DescribeProblems(const std::string& path, const std::vector<YamlProblem>& problems) {
  return absl::StrJoin(problems, "\n", [&path](std::string* out, const YamlProblem& problem) {
    absl::StrAppend(out, path, ":", problem.line, ": ", problem.field,
                    problem.field.empty() ? "" : ": ", problem.description);
  });
}

}  // namespace

std::filesystem::path ProfileFolder() {
  if (const char* folder = std::getenv("CONCORDAT_CONFIG_DIR"); folder != nullptr && *folder) {
    return folder;
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home) {
    return std::filesystem::path(home) / ".config" / "concordat";
  }
  return {};
}

absl::StatusOr<ClientOptions> ReadProfile(const std::filesystem::path& folder,
                                          const std::string& name) {
  if (!IsFileName(name)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", Printable(name), "' is no profile name: use letters, digits, '.', '-' and '_'"));
  }
  if (folder.empty()) {
    return absl::InvalidArgumentError(
        "there is no folder for profiles: set CONCORDAT_CONFIG_DIR or HOME");
  }
  const std::string path = (folder / absl::StrCat(name, ".yaml")).string();
  std::ifstream file(path);
  std::ostringstream content;
  if (!file || !(content << file.rdbuf())) {
    return absl::InvalidArgumentError(absl::StrCat("there is no profile '", name, "': write ", path,
                                                   " with ", kKeys,
                                                   ", or choose another with --profile"));
  }
  Profile profile;
  if (const auto problems = ReadYaml(content.str(), profile); !problems.empty()) {
    return absl::InvalidArgumentError(DescribeProblems(path, problems));
  }
  if (profile.target().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": target is missing; a profile holds ", kKeys));
  }
  ClientOptions options;
  options.target = profile.target();
  options.ca_certificate_file = Resolve(folder, profile.ca_certificate_file());
  options.certificate_file = Resolve(folder, profile.certificate_file());
  options.private_key_file = Resolve(folder, profile.private_key_file());
  options.server_name = profile.server_name();
  options.default_purpose = profile.purpose();
  options.stream_window_bytes = profile.stream_window_bytes();
  return options;
}

}  // namespace concordat::cli
