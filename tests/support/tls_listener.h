// Servers on loopback that are not as they should be.
#ifndef CONCORDAT_TESTS_SUPPORT_TLS_LISTENER_H_
#define CONCORDAT_TESTS_SUPPORT_TLS_LISTENER_H_

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "tests/support/certificates.h"

namespace concordat::e2e {

// Listens on a free port of 127.0.0.1 and hands each connection, one after the
// other, to a function. Ends with the object.
class LoopbackListener {
 public:
  // `serve` gets the descriptor and leaves it open.
  explicit LoopbackListener(std::function<void(int descriptor)> serve);
  ~LoopbackListener();
  LoopbackListener(const LoopbackListener&) = delete;
  LoopbackListener& operator=(const LoopbackListener&) = delete;

  // `127.0.0.1:port`.
  const std::string& address() const { return address_; }
  // Connections so far.
  int connections() const { return connections_; }

 private:
  void Loop();

  const std::function<void(int)> serve_;
  int socket_ = -1;
  std::string address_;
  std::atomic<int> connections_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// Does one TLS handshake with this certificate, with or without choosing h2 by
// ALPN, asks for a certificate and takes any or none, and hangs up. `shown`, where
// given, becomes true when the client showed one.
std::function<void(int)> ServeTls(KeyPair pair, bool chooses_h2,
                                  std::atomic<bool>* shown = nullptr);

// An HTTP proxy: reads one CONNECT, sends `answer`, and hangs up.
std::function<void(int)> ServeProxyAnswer(std::string answer);
// An HTTP proxy that opens a way to `target` (127.0.0.1:port), whatever it is
// asked for, and passes bytes both ways until one side closes.
std::function<void(int)> ServeTunnel(std::string target);

// A port of loopback where nothing listens, as `127.0.0.1:port`.
std::string UnusedAddress();

}  // namespace concordat::e2e

#endif  // CONCORDAT_TESTS_SUPPORT_TLS_LISTENER_H_
