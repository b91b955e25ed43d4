#include "server/ops/refused_handshakes.h"

#include <utility>

namespace concordat::ops {
namespace {

constexpr size_t kKept = 10000;

}  // namespace

void RefusedHandshakes::Add(v1::RefusedHandshake handshake) {
  absl::MutexLock lock(&mutex_);
  newest_last_.push_back({++total_, std::move(handshake)});
  if (newest_last_.size() > kKept) newest_last_.pop_front();
}

std::vector<RefusedHandshakes::Numbered> RefusedHandshakes::Before(int64_t number,
                                                                   size_t most) const {
  absl::MutexLock lock(&mutex_);
  std::vector<Numbered> found;
  for (auto it = newest_last_.rbegin(); it != newest_last_.rend() && found.size() < most; ++it) {
    if (it->number < number) found.push_back(*it);
  }
  return found;
}

int64_t RefusedHandshakes::total() const {
  absl::MutexLock lock(&mutex_);
  return total_;
}

}  // namespace concordat::ops
