// A release as it would leave: its figures after disclosure control, and the report.
#ifndef CONCORDAT_SERVER_SERVICES_RELEASE_PROTECTION_H_
#define CONCORDAT_SERVER_SERVICES_RELEASE_PROTECTION_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "concordat/v1/release.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "server/services/release_inputs.h"
#include "server/store/store.h"

namespace concordat::services {

struct ProtectedFigures {
  // With all their fields but `recorded_time`; names are of the release.
  std::vector<v1::Observation> observations;
  // Of each observation, in the same order: its measure's topics.
  std::vector<std::vector<std::string>> topics;
  v1::DisclosureReport report;
  std::vector<v1::PreviewReleaseResponse::BrokenSum> broken_sums;
  std::vector<v1::PreviewReleaseResponse::NarrowCounts> narrow_counts;
};

// Protects all blocks, one after the other; `is_cancelled` is asked before each, and the
// answer is then CANCELLED. RELEASE_UNPROTECTED names the measures of which figures cannot
// be kept safe. `release` is the name, `releases/{release}`.
absl::StatusOr<ProtectedFigures> ProtectFigures(const ReleaseInputs& inputs,
                                                const std::string& release,
                                                const std::function<bool()>& is_cancelled);

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_RELEASE_PROTECTION_H_
