#include "server/door/calls_in_hand.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/status.h"

namespace concordat::door {
namespace {

// How late a late call may be noticed.
constexpr absl::Duration kWatchInterval = absl::Milliseconds(100);
constexpr absl::Duration kBusyRetryDelay = absl::Milliseconds(250);

absl::Status Busy(absl::string_view message) {
  absl::Status status = MakeError(v1::SERVER_BUSY, message);
  AttachRetryDelay(status, kBusyRetryDelay);
  return status;
}

}  // namespace

CallsInHand::CallsInHand(int64_t most, int64_t most_of_certificate)
    : most_(most), most_of_certificate_(most_of_certificate), watch_([this] { Watch(); }) {}

CallsInHand::~CallsInHand() {
  closing_.Notify();
  watch_.join();
}

absl::Status CallsInHand::Add(Member& call, absl::string_view certificate) {
  absl::MutexLock lock(&mutex_);
  calls_.insert(&call);
  const int64_t of_certificate = ++by_certificate_[certificate];
  if (static_cast<int64_t>(calls_.size()) > most_) {
    return Busy("the server is busy; try again in a moment");
  }
  if (of_certificate > most_of_certificate_) {
    return Busy(absl::StrCat("the certificate has ", most_of_certificate_,
                             " calls in hand, as many as it may have; wait for one to end"));
  }
  return absl::OkStatus();
}

void CallsInHand::Remove(Member& call, absl::string_view certificate) {
  absl::MutexLock lock(&mutex_);
  calls_.erase(&call);
  const auto count = by_certificate_.find(certificate);
  if (--count->second == 0) by_certificate_.erase(count);
}

int64_t CallsInHand::size() const {
  absl::ReaderMutexLock lock(&mutex_);
  return static_cast<int64_t>(calls_.size());
}

void CallsInHand::AwaitNone() const {
  const auto none = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return calls_.empty(); };
  absl::ReaderMutexLock lock(&mutex_, absl::Condition(&none));
}

void CallsInHand::Watch() {
  while (!closing_.WaitForNotificationWithTimeout(kWatchInterval)) {
    absl::ReaderMutexLock lock(&mutex_);
    const Moment now = std::chrono::steady_clock::now();
    for (Member* call : calls_) call->EndIfLate(now);
  }
}

}  // namespace concordat::door
