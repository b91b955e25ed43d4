// Tells who waits that the service does not answer, and that it is tried again.
#ifndef CONCORDAT_CLIENT_CLI_RETRY_NOTICE_H_
#define CONCORDAT_CLIENT_CLI_RETRY_NOTICE_H_

#include <functional>
#include <ostream>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace concordat::cli {

// What ClientOptions::on_retry calls. Says so once, after three seconds of one stretch of
// retries: a service that only restarts is not worth a word. Not thread-safe: the program
// makes one call at a time.
class RetryNotice {
 public:
  // `err` outlives it; on a terminal there may be a progress line, which is wiped. `now` is
  // the clock.
  RetryNotice(std::ostream& err, bool is_terminal, std::function<absl::Time()> now);

  // A call is about to be tried again, because it ended with `outcome`.
  void OnRetry(const absl::Status& outcome);

 private:
  std::ostream& err_;
  const bool is_terminal_;
  const std::function<absl::Time()> now_;
  // Of the stretch of retries at hand.
  absl::Time first_ = absl::InfinitePast();
  absl::Time newest_ = absl::InfinitePast();
  bool said_ = false;
};

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_RETRY_NOTICE_H_
