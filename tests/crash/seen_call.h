// What callers saw: the claims that the server made, which have to be true after
// any crash.
#ifndef CONCORDAT_TESTS_CRASH_SEEN_CALL_H_
#define CONCORDAT_TESTS_CRASH_SEEN_CALL_H_

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/call.h"

namespace concordat::crash {

// One call and what came back.
struct SeenCall {
  // The trace identifier that it was sent with, and no other call; its record
  // holds it.
  std::string trace_id;
  bool is_stream = false;
  // The name that it gave to both agencies of kRenamed, and no other call. Empty
  // for a call that changes nothing.
  std::string change;
  // The checkpoint that it was shown; empty for a call that asks for none.
  std::string checkpoint;
  // Messages that arrived, and SHA-256 over them as a record has it.
  int messages = 0;
  std::string response_digest;
  e2e::Outcome outcome;

  // The server said how the call ended, and that this is on record.
  bool acknowledged() const { return outcome.receipt.has_value(); }
  // The server said that there is no answer because there may be no record.
  bool unavailable() const { return outcome.reason() == v1::AUDIT_UNAVAILABLE; }
  // The connection broke before the server said anything.
  bool cut_off() const {
    return !outcome.ok() && !acknowledged() && outcome.reason() == v1::ERROR_REASON_UNSPECIFIED;
  }
};

// All calls of one database's life. Thread-safe.
class Ledger {
 public:
  void Add(SeenCall call) {
    const std::lock_guard<std::mutex> lock(mutex_);
    calls_.push_back(std::move(call));
  }
  std::vector<SeenCall> calls() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return calls_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<SeenCall> calls_;
};

}  // namespace concordat::crash

#endif  // CONCORDAT_TESTS_CRASH_SEEN_CALL_H_
