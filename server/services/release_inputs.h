// All that a release of submitted figures is made of, as it stands at one moment.
#ifndef CONCORDAT_SERVER_SERVICES_RELEASE_INPUTS_H_
#define CONCORDAT_SERVER_SERVICES_RELEASE_INPUTS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth/grant.h"
#include "auth/policy.h"
#include "concordat/v1/directory.pb.h"
#include "concordat/v1/release.pb.h"
#include "server/services/release_table.h"
#include "server/store/store.h"

namespace concordat::services {

// Most figures that one release holds.
inline constexpr int64_t kMostReleaseFigures = 50'000;

struct ReleaseInputs {
  // By measure, then by period.
  std::vector<ReleaseBlock> blocks;
  // By name.
  std::map<std::string, v1::Area> areas;
  AreaChildren children;
  // `measures/{measure}/returns/{return}`, in the order of blocks: those of which figures
  // are missing though nobody said that there are none, and those that are queried. A
  // figure that is missing stands in its block with a symbol.
  std::vector<std::string> missing_returns;
  std::vector<std::string> queried_returns;
  // SHA-256 over all of it, and what else decides, 32 bytes.
  std::string digest;
};

// Where and when inputs are read. What is referred to outlives the call.
struct ReleaseView {
  const store::Reader& reader;
  // Of a role.
  const auth::Grant& grant;
  const auth::Policy& policy;
  store::ReadPoint point;
  // Agreements in force, and returns that are owed, are those of this moment.
  absl::Time now;
  // What earlier releases had is no part of the digest beyond their own digests: a reader
  // who only compares can do without.
  bool reads_earlier = true;
};

// The inputs of `release`, of which the name and the selection count. FIELDS_INVALID when it names
// a measure that is not stored, or has more than kMostReleaseFigures.
absl::StatusOr<ReleaseInputs> ReadReleaseInputs(const ReleaseView& view,
                                                const v1::Release& release);

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_RELEASE_INPUTS_H_
