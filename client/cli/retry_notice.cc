#include "client/cli/retry_notice.h"

#include <utility>

#include "client/cli/text.h"

namespace concordat::cli {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(3);
// Retries further apart than this belong to different calls.
constexpr absl::Duration kStretchEnds = absl::Seconds(10);

}  // namespace

RetryNotice::RetryNotice(std::ostream& err, bool is_terminal, std::function<absl::Time()> now)
    : err_(err), is_terminal_(is_terminal), now_(std::move(now)) {}

void RetryNotice::OnRetry(const absl::Status& outcome) {
  const absl::Time now = now_();
  if (now - newest_ > kStretchEnds) first_ = now;
  newest_ = now;
  if (said_ || now - first_ < kPatience) return;
  said_ = true;
  if (is_terminal_) err_ << "\r\x1b[K";
  err_ << "concordat: " << Printable(outcome.message())
       << "\nIt is tried again until the call's time is over; Ctrl-C ends it." << std::endl;
}

}  // namespace concordat::cli
