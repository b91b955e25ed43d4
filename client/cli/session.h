// What every command works with: the global options, the terminal, the client.
#ifndef CONCORDAT_CLIENT_CLI_SESSION_H_
#define CONCORDAT_CLIENT_CLI_SESSION_H_

#include <functional>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "concordat/client.h"

namespace concordat::cli {

// How lists and resources are printed.
enum class OutputFormat { kTable, kJson, kCsv };

// The options that every command has.
struct GlobalOptions {
  std::string profile = "default";
  OutputFormat output = OutputFormat::kTable;
  std::string purpose;
  std::string agreement;
  std::string on_behalf_of;
  std::string request_id;
  bool show_receipt = false;
};

// Where a run reads and writes. Tests put their own.
struct Environment {
  std::ostream& out;
  std::ostream& err;
  // Columns of the terminal.
  int width = 100;
  // Whether colour may be added to tables.
  bool colour = false;
  // Whether standard error is a terminal, on which long work says how far it is.
  bool progress = false;
  // The profile of a run that names none.
  std::string default_profile = "default";
  // Reads a profile.
  std::function<absl::StatusOr<ClientOptions>(const std::string& profile)> read_profile;
  // Connects with a profile.
  std::function<absl::StatusOr<Client>(const std::string& profile)> connect;
};

// One run of the program. Not thread-safe.
class Session {
 public:
  // `environment` outlives the session.
  explicit Session(Environment& environment);

  GlobalOptions& options() { return options_; }
  const GlobalOptions& options() const { return options_; }
  std::ostream& out() { return environment_.out; }
  std::ostream& err() { return environment_.err; }
  int width() const { return environment_.width; }
  bool colour() const { return environment_.colour; }
  bool shows_progress() const { return environment_.progress; }

  // The chosen profile, without connecting.
  absl::StatusOr<ClientOptions> ReadProfile();
  // The client of the chosen profile.
  absl::StatusOr<Client> Connect();
  // What a call carries by the global options, with `receipt()` as its receipt.
  // INVALID_ARGUMENT when `--agreement` is no name.
  absl::StatusOr<CallOptions> Call();
  // The receipt of the newest call.
  const Receipt& receipt() const { return receipt_; }

  // Keeps what the chosen command does, to be run after the whole command line
  // was read.
  void SetCommand(std::function<absl::Status()> command) { command_ = std::move(command); }
  absl::Status RunCommand() { return command_(); }

 private:
  Environment& environment_;
  GlobalOptions options_;
  Receipt receipt_;
  std::function<absl::Status()> command_;
};

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_SESSION_H_
