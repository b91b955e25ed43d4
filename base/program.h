// What every program here does alike: how it ends, and when.
#ifndef CONCORDAT_BASE_PROGRAM_H_
#define CONCORDAT_BASE_PROGRAM_H_

#include <signal.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace concordat {

// What the exit code of a server says. Scripts and orchestrators depend on these.
enum ServerExitCode {
  // Served until it was told to stop, or did what was asked.
  kExitDone = 0,
  // Could not start, or failed.
  kExitFailed = 1,
  // The command line itself is wrong.
  kExitUsage = 2,
};

// How a program tells its end.
class ProgramEnd {
 public:
  // `name`: the program's, before each error; outlives this.
  explicit constexpr ProgramEnd(absl::string_view name) : name_(name) {}

  // Failed, once the error stands on standard error.
  ServerExitCode Fail(const absl::Status& error) const;
  // Done, once what was printed on standard output has left.
  ServerExitCode DoneWhenWritten() const;

 private:
  const absl::string_view name_;
};

// SIGTERM and SIGINT, taken by Await alone: they are blocked in the thread that makes
// this and in all that it starts later. SIGPIPE, of a caller that goes away in the
// middle of its answer, is ignored.
class StopSignals {
 public:
  StopSignals();
  // Waits for the first of them.
  void Await() const;

 private:
  sigset_t signals_;
};

}  // namespace concordat

#endif  // CONCORDAT_BASE_PROGRAM_H_
