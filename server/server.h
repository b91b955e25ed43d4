// A whole server, put together: store, policy, audit log, door, listener and
// health. What `concordatd` runs, and what tests start.
#ifndef CONCORDAT_SERVER_SERVER_H_
#define CONCORDAT_SERVER_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "concordat/v1/directory.pb.h"
#include "server/audit/succession.h"
#include "server/config.pb.h"
#include "server/door/door.h"
#include "server/store/store.h"
#include "server/tls/tls_watch.h"
#include "server/tokens/fetched_keys.h"

namespace concordat {

// Serves from Start until Stop.
class Server {
 public:
  // Opens everything and begins to serve. An error says what the operator has
  // to mend; nothing then runs.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const server::v1::ServerConfig& config,
                                                       const Clock& clock);
  // The same over a store that is open already, instead of `config.database_path`.
  static absl::StatusOr<std::unique_ptr<Server>> StartOver(std::unique_ptr<store::Store> store,
                                                           const server::v1::ServerConfig& config,
                                                           const Clock& clock);
  // Stops at once, if Stop was not called.
  virtual ~Server() = default;

  // Where partners call, with the port that was bound.
  virtual const std::string& address() const = 0;
  // Where health is asked; empty for none.
  virtual const std::string& health_address() const = 0;
  // Where metrics are asked for; empty for none.
  virtual const std::string& metrics_address() const = 0;
  // Says NOT_SERVING, accepts nothing more, lets the calls in hand end within
  // `drain`, cancels the rest, and makes every record durable.
  virtual void Stop(absl::Duration drain) = 0;
  // Whether the audit log stopped for good, since it could not make a record durable or
  // found one that was changed, as late as by its last signature in Stop.
  virtual bool audit_log_stopped() const = 0;
  virtual const door::DoorCounters& counters() const = 0;
  virtual const tls::TlsCounters& tls_counters() const = 0;
  virtual const tokens::TokenKeyCounters& token_counters() const = 0;
  // Calls that were begun and have not ended.
  virtual int64_t calls_in_hand() const = 0;
};

// What `concordatd init` is told.
struct FirstAdministrator {
  v1::Agency agency;
  v1::Client client;
};

// Makes the first administrator in an empty store, with an audit record. With
// the same administrator already there it changes nothing and says so by
// returning false; with another one it is FAILED_PRECONDITION.
absl::StatusOr<bool> Initialise(const server::v1::ServerConfig& config, const Clock& clock,
                                const FirstAdministrator& first);

// Lets the log of `config.log_origin` begin in place of the database's own, which lacks
// records that were signed (audit::SucceedLog), and records that. What is left of the
// old log is signed with those of the configured keys that are its own.
// FAILED_PRECONDITION also when the new log's checkpoint is there already.
absl::StatusOr<audit::Succession> LetLogSucceed(const server::v1::ServerConfig& config,
                                                const Clock& clock,
                                                const std::string& predecessor_checkpoint_file,
                                                const std::string& archive_directory);

// The keys that verify the audit log's checkpoints, as they are published:
// `name+id+base64`; two while the key is being changed. FAILED_PRECONDITION when one
// cannot be used, or both are the same.
absl::StatusOr<std::vector<std::string>> LogKeys(const server::v1::ServerConfig& config);

}  // namespace concordat

#endif  // CONCORDAT_SERVER_SERVER_H_
