// Partners who call one server, and remember what they saw.
#ifndef CONCORDAT_TESTS_CRASH_CALLER_H_
#define CONCORDAT_TESTS_CRASH_CALLER_H_

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "grpcpp/channel.h"
#include "tests/crash/seen_call.h"

namespace concordat::crash {

// The agencies of the data set that every change renames, both or neither.
inline constexpr const char* kRenamed[] = {"agencies/east-lancashire-ccg",
                                           "agencies/blackpool-teaching-hospitals"};

// One partner system, with connections of its own. Not thread-safe.
class Caller {
 public:
  explicit Caller(const std::string& address);

  // Reads an action: a call that is served.
  SeenCall Read();
  // Reads it without saying why: a call that is refused.
  SeenCall BeRefused();
  // Renames both agencies of kRenamed to `name`, under `name` as the request id.
  SeenCall Change(const std::string& name);
  // Asks for the last checkpoint.
  SeenCall ReadCheckpoint();
  // Reads a whole extract.
  SeenCall Extract();

 private:
  const std::shared_ptr<grpc::Channel> board_;
  const std::shared_ptr<grpc::Channel> administrator_;
};

// Callers who call as fast as they can, all kinds at once, until they are stopped
// or the server is gone.
class Traffic {
 public:
  // `name` is not that of another traffic on the same database.
  Traffic(const std::string& address, const std::string& name, Ledger& ledger);
  ~Traffic() { Stop(); }
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  // Waits for the calls in hand.
  void Stop();

 private:
  // Calls again and again, each time what `call` does next.
  template <typename Call>
  void Begin(const std::string& address, Ledger& ledger, Call call);

  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

}  // namespace concordat::crash

#endif  // CONCORDAT_TESTS_CRASH_CALLER_H_
