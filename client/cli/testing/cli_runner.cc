#include "client/cli/testing/cli_runner.h"

#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "client/cli/app.h"

namespace concordat::cli {

CliResult RunCli(std::shared_ptr<Connection> connection, std::vector<std::string> arguments) {
  std::ostringstream out;
  std::ostringstream err;
  Environment environment{out, err};
  environment.read_profile = [](const std::string& profile) -> absl::StatusOr<ClientOptions> {
    return absl::InvalidArgumentError("there is no profile " + profile);
  };
  environment.connect = [&](const std::string&) -> absl::StatusOr<Client> {
    return Client(connection);
  };
  const ExitCode code = RunApp(std::move(arguments), environment);
  return {code, out.str(), err.str()};
}

TemporaryFolder::TemporaryFolder()
    : path_(std::filesystem::temp_directory_path() /
            absl::StrCat("concordat-cli-test-", absl::BytesToHexString(RandomBytes(8)))) {
  std::filesystem::create_directories(path_);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::Write(const std::string& file, const std::string& content) const {
  const std::filesystem::path path = path_ / file;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << content;
  return path.string();
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

}  // namespace concordat::cli
