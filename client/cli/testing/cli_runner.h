// Runs a command line against a connection, and keeps what it printed.
#ifndef CONCORDAT_CLIENT_CLI_TESTING_CLI_RUNNER_H_
#define CONCORDAT_CLIENT_CLI_TESTING_CLI_RUNNER_H_

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "client/cli/exit_codes.h"
#include "concordat/connection.h"

namespace concordat::cli {

// What a run left.
struct CliResult {
  ExitCode code;
  std::string out;
  std::string err;
};

// Runs `arguments` (without the program's name) on a terminal of 100 columns,
// without colour.
CliResult RunCli(std::shared_ptr<Connection> connection, std::vector<std::string> arguments);

// A folder of its own that goes when this does.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  // Writes a file, with the folders above it, and returns its path.
  std::string Write(const std::string& file, const std::string& content) const;
  std::string Path(const std::string& file) const { return (path_ / file).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The content of a file; empty when there is none.
std::string ReadFile(const std::string& path);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_TESTING_CLI_RUNNER_H_
