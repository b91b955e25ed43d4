// The program itself as another process, for what only a process shows.
#ifndef CONCORDAT_CLIENT_CLI_TESTING_CHILD_PROCESS_H_
#define CONCORDAT_CLIENT_CLI_TESTING_CHILD_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace concordat::cli {

// A started program. Ended with the object if it still runs. Not thread-safe.
class ChildProcess {
 public:
  // Starts `arguments[0]` with its arguments and with `variables` (`NAME=value`)
  // as its whole environment, every signal at its default, and standard output and
  // error going to these files.
  ChildProcess(const std::vector<std::string>& arguments, const std::vector<std::string>& variables,
               const std::string& out, const std::string& err);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void Signal(int signal) const;
  // Waits for the end; the exit code as a shell has it: 128 and the signal's
  // number for a program that a signal ended. -1 when it was never started.
  int Wait();

 private:
  pid_t id_ = -1;
};

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_TESTING_CHILD_PROCESS_H_
