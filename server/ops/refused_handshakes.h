// Connections that never became calls, for those who look for the reason.
#ifndef CONCORDAT_SERVER_OPS_REFUSED_HANDSHAKES_H_
#define CONCORDAT_SERVER_OPS_REFUSED_HANDSHAKES_H_

#include <cstdint>
#include <deque>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "concordat/v1/directory.pb.h"

namespace concordat::ops {

// The newest 10,000. Thread-safe.
class RefusedHandshakes {
 public:
  struct Numbered {
    // Counted from 1 since the server started.
    int64_t number = 0;
    v1::RefusedHandshake handshake;
  };

  void Add(v1::RefusedHandshake handshake);
  // Those before `number`, newest first.
  std::vector<Numbered> Before(int64_t number, size_t most) const;
  // How many there were since the server started.
  int64_t total() const;

 private:
  mutable absl::Mutex mutex_;
  std::deque<Numbered> newest_last_ ABSL_GUARDED_BY(mutex_);
  int64_t total_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace concordat::ops

#endif  // CONCORDAT_SERVER_OPS_REFUSED_HANDSHAKES_H_
