// Every step between a client's files and an answered call, tried in order.
#ifndef CONCORDAT_CLIENT_DOCTOR_DIAGNOSIS_H_
#define CONCORDAT_CLIENT_DOCTOR_DIAGNOSIS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/doctor/proxy.h"
#include "concordat/options.h"

namespace concordat::doctor {

enum class Outcome { kOk, kFailed, kSkipped };

// What became of one step.
struct Step {
  // Stays the same from version to version: scripts may depend on it.
  std::string name;
  Outcome outcome = Outcome::kOk;
  // What was seen, or which step this one waits for. One line.
  std::string saw;
  // What to do, when it failed. Empty when the reason of `status` says it.
  std::string next_step;
  // Not OK when it failed. Its code says whose turn it is.
  absl::Status status;
};

// What to examine.
struct Examination {
  // The profile, or why there is none.
  absl::StatusOr<ClientOptions> profile;
  // The purpose of the calls. Empty: the profile's, else the client's own.
  std::string purpose;
  // The agreement to decide by, `agreements/{agreement}`. Empty: any.
  std::string agreement;
  // The environment that gRPC reads.
  ReadVariable environment;
  // This machine's clock.
  std::function<absl::Time()> now;
};

// How far this machine's clock may be from the service's: what the service grants
// the times of access tokens.
inline constexpr absl::Duration kClockTolerance = absl::Minutes(1);

// Tries all steps, up to some 25 s when nothing answers. A step whose ground is
// missing is skipped. Connects once by itself and once through the SDK; the first
// connection never becomes a call, and the office may see it as PEER_CLOSED.
std::vector<Step> Diagnose(const Examination& examination);

}  // namespace concordat::doctor

#endif  // CONCORDAT_CLIENT_DOCTOR_DIAGNOSIS_H_
