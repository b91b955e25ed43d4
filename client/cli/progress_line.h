// How far long work is, on a terminal.
#ifndef CONCORDAT_CLIENT_CLI_PROGRESS_LINE_H_
#define CONCORDAT_CLIENT_CLI_PROGRESS_LINE_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "client/cli/session.h"

namespace concordat::cli {

// One line with a bar on standard error if that is a terminal; nothing anywhere else. It
// is wiped when this goes.
class ProgressLine {
 public:
  // `noun` is what is counted, such as `records`.
  ProgressLine(Session& session, std::string noun) : session_(session), noun_(std::move(noun)) {}
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Says so, unless it has said something a moment ago. A `total` of 0 is not known.
  void Show(int64_t done, int64_t total);

 private:
  Session& session_;
  const std::string noun_;
  absl::Time next_ = absl::InfinitePast();
  bool shown_ = false;
};

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_PROGRESS_LINE_H_
