// What a campaign found.
#ifndef CONCORDAT_TESTS_CRASH_FINDINGS_H_
#define CONCORDAT_TESTS_CRASH_FINDINGS_H_

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/crash/crash_server.h"
#include "tests/crash/seen_call.h"

namespace concordat::crash {

// Counts, and everything that is not as it has to be, printed as it is found. Not
// thread-safe.
class Findings {
 public:
  // Something is broken. `where` tells the run, so that it can be had again.
  void Broken(const std::string& where, const std::string& what) {
    ++broken_;
    std::printf("BROKEN %s: %s\n", where.c_str(), what.c_str());
    std::fflush(stdout);
  }
  void Broken(const std::string& where, const std::vector<std::string>& all) {
    for (const std::string& what : all) Broken(where, what);
  }
  void Count(const std::vector<SeenCall>& calls) {
    calls_ += calls.size();
    acknowledged_ += static_cast<size_t>(std::count_if(
        calls.begin(), calls.end(), [](const SeenCall& call) { return call.acknowledged(); }));
  }
  void NoteStart(absl::Duration time) { slowest_start_ = std::max(slowest_start_, time); }

  size_t broken() const { return broken_; }
  size_t calls() const { return calls_; }
  size_t acknowledged() const { return acknowledged_; }
  absl::Duration slowest_start() const { return slowest_start_; }

 private:
  size_t broken_ = 0;
  size_t calls_ = 0;
  size_t acknowledged_ = 0;
  absl::Duration slowest_start_;
};

}  // namespace concordat::crash

#endif  // CONCORDAT_TESTS_CRASH_FINDINGS_H_
