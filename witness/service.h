// A whole witness, put together: what `concordat-witness` runs, and what tests
// start.
#ifndef CONCORDAT_WITNESS_SERVICE_H_
#define CONCORDAT_WITNESS_SERVICE_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "tlog/note_key.h"
#include "witness/config.pb.h"
#include "witness/https_listener.h"
#include "witness/witness.h"

namespace concordat::witness {

// The key that cosigns. NOT_FOUND when its file cannot be read, INVALID_ARGUMENT when
// it is no Ed25519 key or the name may not name one.
absl::StatusOr<tlog::SignerKey> CosigningKey(const v1::WitnessConfig& config);

// Serves from Start until it goes, which lets the requests in hand end.
class Service {
 public:
  // `clock` outlives it. `on_failed` as of HttpsListener. An error says what the
  // operator has to mend; nothing then runs.
  static absl::StatusOr<std::unique_ptr<Service>> Start(const v1::WitnessConfig& config,
                                                        const Clock& clock,
                                                        std::function<void()> on_failed);

  // Where logs call, with the port that was bound.
  const std::string& address() const { return listener_->address(); }

 private:
  Service(std::unique_ptr<Witness> witness, std::unique_ptr<HttpsListener> listener)
      : witness_(std::move(witness)), listener_(std::move(listener)) {}

  const std::unique_ptr<Witness> witness_;
  const std::unique_ptr<HttpsListener> listener_;
};

}  // namespace concordat::witness

#endif  // CONCORDAT_WITNESS_SERVICE_H_
