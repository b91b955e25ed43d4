// A temporary file that does not outlive a signal.
#ifndef CONCORDAT_CLIENT_CLI_SIGNAL_CLEANUP_H_
#define CONCORDAT_CLIENT_CLI_SIGNAL_CLEANUP_H_

#include <cstddef>
#include <string>

namespace concordat::cli {

// While it lives, SIGHUP, SIGINT and SIGTERM remove its file and then end the
// program as they would have anyway: a shell sees 129, 130 or 143. A signal that
// the program was started to ignore stays ignored. All are made and destroyed by one
// thread, at most kMostFiles at a time.
class SignalCleanup {
 public:
  // An extract and its manifest.
  static constexpr size_t kMostFiles = 2;

  // `path` need not exist yet.
  explicit SignalCleanup(const std::string& path);
  ~SignalCleanup();
  SignalCleanup(const SignalCleanup&) = delete;
  SignalCleanup& operator=(const SignalCleanup&) = delete;

 private:
  // Of those that the handler reads.
  size_t slot_ = 0;
};

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_SIGNAL_CLEANUP_H_
