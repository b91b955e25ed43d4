// A figure leaves by one road: imported as already public, or submitted and released under
// disclosure control. Disclosure control joins a release with those of submitted figures before
// it, and knows nothing of what was imported: what it hides could be read there, or subtracted.
#ifndef CONCORDAT_SERVER_SERVICES_RELEASED_TIMES_H_
#define CONCORDAT_SERVER_SERVICES_RELEASED_TIMES_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "auth/grant.h"
#include "concordat/v1/release.pb.h"
#include "server/store/store.h"

namespace concordat::services {

// What the figures of a release are.
enum class Origin { kImported, kSubmitted };

// The times that releases of one origin have figures about, by measure. Withdrawn releases count:
// who has them still knows. Benchmarks do not, nor figures that are not available or not
// applicable: nothing can be worked out from them. Nor do those that were submitted and released
// as already public: nothing of them is hidden.
class ReleasedTimes {
 public:
  // Those of `measures`, `measures/{measure}`. `grant` is of a role.
  static absl::StatusOr<ReleasedTimes> Read(const store::Reader& reader, const auth::Grant& grant,
                                            store::ReadPoint point, Origin origin,
                                            const std::set<std::string>& measures);

  // A release, `releases/{release}`, that has figures of the measure about a time that shares a
  // day with `period`: nothing where there is none.
  std::optional<std::string> Find(const std::string& measure, const v1::Period& period) const;

 private:
  // First and last day.
  using Days = std::pair<absl::CivilDay, absl::CivilDay>;

  // Releases by the measure and the days of their figures.
  std::map<std::string, std::map<Days, std::string>> releases_;
};

// Whether it is an area's own figure, with a value or a sign that there is one.
bool SaysSomething(const v1::Observation& figure);

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_RELEASED_TIMES_H_
