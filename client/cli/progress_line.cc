#include "client/cli/progress_line.h"

#include <algorithm>

#include "absl/time/clock.h"

namespace concordat::cli {
namespace {

// How often the line changes: as fast as it can be read.
constexpr absl::Duration kInterval = absl::Milliseconds(200);
constexpr int64_t kBarWidth = 20;

}  // namespace

ProgressLine::~ProgressLine() {
  if (shown_) session_.err() << "\r\x1b[K" << std::flush;
}

void ProgressLine::Show(int64_t done, int64_t total) {
  if (!session_.shows_progress() || absl::Now() < next_) return;
  next_ = absl::Now() + kInterval;
  shown_ = true;
  if (total == 0) {
    session_.err() << "\r" << done << " " << noun_ << std::flush;
    return;
  }
  const int64_t filled = std::min(kBarWidth, kBarWidth * done / total);
  session_.err() << "\r[" << std::string(static_cast<size_t>(filled), '#')
                 << std::string(static_cast<size_t>(kBarWidth - filled), ' ') << "] " << done
                 << " of " << total << " " << noun_ << std::flush;
}

}  // namespace concordat::cli
