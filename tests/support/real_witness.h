// A real witness on loopback.
#ifndef CONCORDAT_TESTS_SUPPORT_REAL_WITNESS_H_
#define CONCORDAT_TESTS_SUPPORT_REAL_WITNESS_H_

#include <memory>
#include <string>

#include "base/clock.h"
#include "server/config.pb.h"
#include "tests/support/temporary_folder.h"
#include "tlog/note_key.h"
#include "witness/service.h"

namespace concordat::e2e {

// A witness of one log, that can go and come back at its port with what it
// remembers. Not thread-safe.
class RealWitness {
 public:
  // Serves from now on. `log` is the log's key as it is published; the same `seed`
  // gives the same key.
  RealWitness(const std::string& name, char seed, const tlog::VerifierKey& log);

  void Start();
  void Stop();

  tlog::VerifierKey key() const;
  // What a server is told of it.
  server::v1::ServerConfig::Audit::Witness config() const;

 private:
  const TemporaryFolder folder_;
  const SystemClock clock_;
  witness::v1::WitnessConfig config_;
  std::unique_ptr<witness::Service> service_;
};

}  // namespace concordat::e2e

#endif  // CONCORDAT_TESTS_SUPPORT_REAL_WITNESS_H_
