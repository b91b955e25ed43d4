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

// A file to remove.
struct Slot {
  std::array<char, PATH_MAX> path;
  std::atomic<bool> armed = false;
};
static_assert(std::atomic<bool>::is_always_lock_free);

// A handler may run on any thread and at any moment, so it reads only this.
std::array<Slot, SignalCleanup::kMostFiles> slots;

// Of the one thread that makes them: how many there are, and what they came in place of.
size_t alive = 0;
std::array<struct sigaction, kSignals.size()> earlier_actions;

void RemoveAndEnd(int signal) {
  for (Slot& slot : slots) {
    if (slot.armed.exchange(false)) unlink(slot.path.data());
  }
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
  while (slot_ < slots.size() && slots[slot_].armed) ++slot_;
  // A longer path cannot be opened either.
  if (slot_ == slots.size() || path.size() >= PATH_MAX) return;
  Slot& slot = slots[slot_];
  path.copy(slot.path.data(), path.size());
  slot.path[path.size()] = '\0';
  slot.armed = true;
  if (alive++ > 0) return;
  struct sigaction action = {};
  action.sa_handler = RemoveAndEnd;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], nullptr, &earlier_actions[i]);
    if (earlier_actions[i].sa_handler != SIG_IGN) sigaction(kSignals[i], &action, nullptr);
  }
}

SignalCleanup::~SignalCleanup() {
  if (slot_ == slots.size() || !slots[slot_].armed.exchange(false) || --alive > 0) return;
  for (size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], &earlier_actions[i], nullptr);
  }
}

}  // namespace concordat::cli
