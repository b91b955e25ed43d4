// A reader of a stream who takes one byte after the other from the network.
#ifndef CONCORDAT_TESTS_BENCH_SLOW_READER_H_
#define CONCORDAT_TESTS_BENCH_SLOW_READER_H_

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "base/openssl_ptr.h"
#include "tests/support/certificates.h"

namespace concordat::bench {

using TlsContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;

// For SlowReader: shows this certificate, and believes in the throwaway authority. Ends
// the process when it cannot be made.
TlsContextPtr TlsContextOf(const e2e::KeyPair& pair);

// One call on a connection of its own, written down by hand: a client library would read
// ahead. It asks for windows as wide as HTTP/2 has them, so that nothing but the network
// holds the server back. Not thread-safe.
class SlowReader {
 public:
  // Connects to `address`, sends the one message of the call and reads nothing. `path`
  // and `purpose` have at most 126 bytes each. Ends the process when that fails.
  SlowReader(SSL_CTX& context, const std::string& address, const std::string& path,
             const std::string& purpose, const std::string& request);

  // Takes one byte, if there is one. False when the server has closed the connection.
  bool ReadByte();

 private:
  BioPtr connection_;
  int socket_ = -1;
};

}  // namespace concordat::bench

#endif  // CONCORDAT_TESTS_BENCH_SLOW_READER_H_
