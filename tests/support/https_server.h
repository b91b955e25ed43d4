// A small https server on loopback, for what fetches from one.
#ifndef CONCORDAT_TESTS_SUPPORT_HTTPS_SERVER_H_
#define CONCORDAT_TESTS_SUPPORT_HTTPS_SERVER_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "tests/support/certificates.h"

namespace concordat::e2e {

// Gives every request the same answer, byte for byte, one connection after the
// other. Ends the process when it cannot listen. Thread-safe.
class HttpsServer {
 public:
  struct Options {
    // The certificate that it shows.
    KeyPair identity;
    // The address of this machine that it listens at.
    std::string address = "127.0.0.1";
    // The port; 0 takes a free one.
    uint16_t port = 0;
    // First asks for an http CONNECT, as a proxy does, and then plays the server
    // behind it.
    bool behind_proxy = false;
  };

  explicit HttpsServer(const Options& options);
  // Stops, also in the middle of an answer.
  ~HttpsServer();
  HttpsServer(const HttpsServer&) = delete;
  HttpsServer& operator=(const HttpsServer&) = delete;

  uint16_t port() const { return port_; }
  // `https://ADDRESS:PORT/keys`.
  std::string url() const;

  // From the next request on: the status 200 with this document.
  void Serve(absl::string_view document);
  // From the next request on: exactly these bytes, headers included.
  void ServeRaw(std::string bytes);
  // From the next request on: nothing, while the connection stays open.
  void ServeNothing();

  // The requests that were read so far.
  int64_t requests() const { return requests_.load(); }
  // The head of the last one: its first line and headers.
  std::string last_request() const;
  // Its body; empty when it had none.
  std::string last_body() const;
  // The head of the last CONNECT; empty when there was none.
  std::string last_connect() const;

 private:
  void Loop();
  void Answer(int connection);

  const Options options_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int64_t> requests_{0};
  mutable absl::Mutex mutex_;
  std::string answer_ ABSL_GUARDED_BY(mutex_);
  bool silent_ ABSL_GUARDED_BY(mutex_) = false;
  std::string last_request_ ABSL_GUARDED_BY(mutex_);
  std::string last_body_ ABSL_GUARDED_BY(mutex_);
  std::string last_connect_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace concordat::e2e

#endif  // CONCORDAT_TESTS_SUPPORT_HTTPS_SERVER_H_
