#include "client/cli/signal_cleanup.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <climits>
#include <csignal>
#include <cstddef>

namespace concordat::cli {
namespace {

constexpr std::array<int, 3> kSignals = {SIGHUP, SIGINT, SIGTERM};
constexpr int kExitCodeOfSignals = 128;

// A handler may run on any thread and at any moment, so it reads only this.
std::array<char, PATH_MAX> file_to_remove;
std::atomic<bool> armed = false;
static_assert(std::atomic<bool>::is_always_lock_free);

std::array<struct sigaction, kSignals.size()> earlier_actions;

void RemoveAndEnd(int signal) {
  if (armed.exchange(false)) unlink(file_to_remove.data());
  std::signal(signal, SIG_DFL);
  sigset_t unblocked;
  sigemptyset(&unblocked);
  sigaddset(&unblocked, signal);
  pthread_sigmask(SIG_UNBLOCK, &unblocked, nullptr);
  std::raise(signal);
  // Only the first process of a container gets here: its signals have no default.
  _exit(kExitCodeOfSignals + signal);
}

}  // namespace

SignalCleanup::SignalCleanup(const std::string& path) {
  // A longer path cannot be opened either.
  if (path.size() >= file_to_remove.size()) return;
  path.copy(file_to_remove.data(), path.size());
  file_to_remove[path.size()] = '\0';
  armed = true;
  struct sigaction action = {};
  action.sa_handler = RemoveAndEnd;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], nullptr, &earlier_actions[i]);
    if (earlier_actions[i].sa_handler != SIG_IGN) sigaction(kSignals[i], &action, nullptr);
  }
}

SignalCleanup::~SignalCleanup() {
  if (!armed.exchange(false)) return;
  for (size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], &earlier_actions[i], nullptr);
  }
}

}  // namespace concordat::cli
