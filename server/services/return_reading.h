// Returns as they stand at one moment: what measures ask of agencies, what was
// submitted, and what was said.
#ifndef CONCORDAT_SERVER_SERVICES_RETURN_READING_H_
#define CONCORDAT_SERVER_SERVICES_RETURN_READING_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "auth/grant.h"
#include "concordat/v1/measure.pb.h"
#include "concordat/v1/return.pb.h"
#include "server/domain/returns.h"
#include "server/store/store.h"

namespace concordat::services {

// One return, before anybody has looked at what was submitted for it.
struct OwedReturn {
  std::shared_ptr<const v1::Measure> measure;
  // Points into `measure`.
  domain::ReturnSubject subject;
  // What was said about it; nothing set when nothing was.
  v1::Return said;
  // The revision of what was said; 0 when nothing was.
  int64_t said_revision = 0;
  // By due day and then name: `2018-07-30 measures/…/returns/…`.
  std::string order;

  // `measures/{measure}/returns/{return}`.
  absl::string_view name() const;
};

// The etag of a return of which so many revisions are stored.
std::string ReturnEtag(int64_t said_revision);

// Which returns are asked for.
struct OwedFilter {
  // Only this agency's; empty for all.
  std::string agency;
  // Only of this measure; empty for all.
  std::string measure;
  // Only periods that end on or after the first, and on or before the second.
  std::optional<absl::CivilDay> period_from;
  std::optional<absl::CivilDay> period_to;
};

// Reads returns on one day. Not thread-safe.
class ReturnReader {
 public:
  // What is referred to outlives the reader. Periods that ended before `on` are owed.
  ReturnReader(const store::Reader& reader, const auth::Grant& grant, store::ReadPoint point,
               absl::CivilDay on)
      : reader_(reader), grant_(grant), point_(point), on_(on) {}

  // What passes the filter, in order.
  absl::StatusOr<std::vector<OwedReturn>> ReadOwed(const OwedFilter& filter) const;
  // The return of this name. RESOURCE_NOT_FOUND when nothing of the kind is owed.
  absl::StatusOr<OwedReturn> Find(absl::string_view name) const;
  // The return as it stands, with all its fields.
  absl::StatusOr<v1::Return> Judge(const OwedReturn& owed);

 private:
  absl::StatusOr<std::string> AreaDisplayName(const std::string& area);
  // What was submitted for a measure and period.
  absl::Status ReadArrivals(const v1::Measure& measure, const v1::Period& period);

  const store::Reader& reader_;
  const auth::Grant& grant_;
  const store::ReadPoint point_;
  const absl::CivilDay on_;
  // What ReadArrivals read last, and of what: returns of one measure and period mostly
  // follow each other.
  std::string arrivals_of_;
  std::vector<domain::Arrival> arrivals_;
  // By the areas' names, as far as they were asked for.
  absl::flat_hash_map<std::string, std::string> area_display_names_;
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_RETURN_READING_H_
