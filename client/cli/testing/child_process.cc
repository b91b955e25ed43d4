#include "client/cli/testing/child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

namespace concordat::cli {
namespace {

constexpr int kExitCodeOfSignals = 128;
constexpr mode_t kMode = 0600;

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& arguments,
                           const std::vector<std::string>& variables, const std::string& out,
                           const std::string& err) {
  std::vector<std::string> own_arguments = arguments;
  std::vector<std::string> own_variables = variables;
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  constexpr int kWrite = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, out.c_str(), kWrite, kMode);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, err.c_str(), kWrite, kMode);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t all;
  sigfillset(&all);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  if (posix_spawn(&id_, own_arguments[0].c_str(), &files, &attributes,
                  Pointers(own_arguments).data(), Pointers(own_variables).data()) != 0) {
    id_ = -1;
  }
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
}

ChildProcess::~ChildProcess() {
  if (id_ < 0) return;
  Signal(SIGKILL);
  Wait();
}

void ChildProcess::Signal(int signal) const {
  if (id_ > 0) kill(id_, signal);
}

int ChildProcess::Wait() {
  const pid_t id = std::exchange(id_, -1);
  if (id < 0) return -1;
  int status = 0;
  while (waitpid(id, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFSIGNALED(status) ? kExitCodeOfSignals + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace concordat::cli
