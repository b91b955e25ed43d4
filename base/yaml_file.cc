#include "base/yaml_file.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/file.h"
#include "base/yaml_message.h"

namespace concordat {
namespace {

// One fault as it is shown; `field` is empty for one of the text as a whole.
std::string Shown(const std::string& path, int line, const std::string& field,
                  const std::string& description) {
  return absl::StrCat(path, ":", line, ": ", field, field.empty() ? "" : " ", description);
}

}  // namespace

absl::Status ReadYamlFile(const std::string& path, google::protobuf::Message& message,
                          absl::FunctionRef<std::vector<FieldViolation>()> check) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  YamlLines lines;
  std::vector<std::string> faults;
  // An empty file is a configuration in which everything is missing.
  if (!absl::StripAsciiWhitespace(text).empty()) {
    for (const YamlProblem& problem : ReadYaml(text, message, {}, &lines)) {
      faults.push_back(Shown(path, problem.line, problem.field, problem.description));
    }
  }
  if (faults.empty()) {
    for (const FieldViolation& fault : check()) {
      faults.push_back(Shown(path, LineOf(lines, fault.field), fault.field, fault.description));
    }
  }
  if (faults.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(faults, "\n"));
}

}  // namespace concordat
