#include "base/program.h"

#include <iostream>

namespace concordat {

ServerExitCode ProgramEnd::Fail(const absl::Status& error) const {
  std::cerr << name_ << ": " << error.message() << "\n";
  return kExitFailed;
}

ServerExitCode ProgramEnd::DoneWhenWritten() const {
  if (std::cout.flush()) return kExitDone;
  return Fail(absl::DataLossError("the output could not be written"));
}

StopSignals::StopSignals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

void StopSignals::Await() const {
  int signal_number = 0;
  sigwait(&signals_, &signal_number);
}

}  // namespace concordat
