// The check of a staged submission as a whole, in steps: what is new, what is revised,
// and the rules of domain/submission_state.h.
#ifndef CONCORDAT_SERVER_SERVICES_SUBMISSION_CHECK_H_
#define CONCORDAT_SERVER_SERVICES_SUBMISSION_CHECK_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "auth/grant.h"
#include "server/domain/submission.h"
#include "server/domain/submission_state.h"
#include "server/store/store.h"

namespace concordat::services {

// What a submission touches of one measure.
struct SubmittedMeasure {
  // Outlives the check.
  const v1::Measure* measure = nullptr;
  // The first days of its first and its last period.
  absl::CivilDay first = absl::CivilDay::max();
  absl::CivilDay last = absl::CivilDay::min();
};

// Not thread-safe. Nobody else applies figures of the measures while it lives.
class SubmissionCheck {
 public:
  // By name.
  using Measures = std::map<std::string, SubmittedMeasure>;

  // `store`, `grant` and `measures` outlive it. `provider` is `agencies/{agency}`.
  SubmissionCheck(const store::Store& store, const auth::Grant& grant, std::string submission,
                  std::string provider, const Measures& measures);

  // Looks at some figures, and holds no read transaction afterwards.
  absl::Status Step();
  bool done() const { return begun_ && next_ == measures_.end(); }

  // Staged figures that say what was there already, since it was last asked: they need
  // not be kept.
  std::vector<store::FigureRow> TakeUnchanged();

  // When it is done.
  int64_t added() const { return added_; }
  int64_t revised() const { return revised_; }
  int64_t unchanged() const { return unchanged_; }
  const domain::SubmissionProblems& problems() const { return problems_; }
  const domain::SubmissionProblems& jumps() const { return jumps_; }
  // A problem for each row that is revised: to be told where nobody says why.
  const domain::SubmissionProblems& revisions() const { return revisions_; }

 private:
  absl::Status ReadAreas();
  // A figure's newest revision and the one before it, if it has one.
  absl::Status Judge(const store::FigureRow& newest, const store::FigureRow* before);

  const store::Store& store_;
  const auth::Grant& grant_;
  const std::string submission_;
  const std::string provider_;
  const Measures& measures_;
  domain::AreaParents parents_;
  domain::SubmissionProblems problems_;
  domain::SubmissionProblems jumps_;
  domain::SubmissionProblems revisions_;
  bool begun_ = false;
  Measures::const_iterator next_;
  store::FigureKey after_;
  std::optional<domain::MeasureStateCheck> state_;
  std::vector<store::FigureRow> unchanged_rows_;
  int64_t added_ = 0;
  int64_t revised_ = 0;
  int64_t unchanged_ = 0;
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_SUBMISSION_CHECK_H_
