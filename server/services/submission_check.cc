#include "server/services/submission_check.h"

#include <utility>

#include "base/civil_time.h"
#include "base/status.h"
#include "concordat/v1/directory.pb.h"

namespace concordat::services {
namespace {

using store::FigureRow;

// Figures that one step looks at: about a millisecond's work.
constexpr int kFiguresAStep = 100;
// What begins at most a year before a period may be the period before it.
constexpr int kDaysBefore = 366;

}  // namespace

SubmissionCheck::SubmissionCheck(const store::Store& store, const auth::Grant& grant,
                                 std::string submission, std::string provider,
                                 const Measures& measures)
    : store_(store),
      grant_(grant),
      submission_(std::move(submission)),
      provider_(std::move(provider)),
      measures_(measures),
      next_(measures.begin()) {}

absl::Status SubmissionCheck::ReadAreas() {
  ASSIGN_OR_RETURN(const store::Store::State state, store_.ReadState());
  store::Reader::Range range;
  range.point.revision = state.revision;
  absl::Status damaged;
  RETURN_IF_ERROR(store_.Scan(grant_, store::Kind::kArea, range, [&](const store::Row& row) {
    v1::Area area;
    if (!area.ParseFromString(row.body)) {
      damaged = absl::DataLossError("a stored area cannot be read");
      return false;
    }
    if (!area.parent().empty()) parents_[row.name] = area.parent();
    return true;
  }));
  return damaged;
}

absl::Status SubmissionCheck::Step() {
  if (!begun_) {
    RETURN_IF_ERROR(ReadAreas());
    begun_ = true;
    return absl::OkStatus();
  }
  const SubmittedMeasure& measure = next_->second;
  if (!state_.has_value()) state_.emplace(*measure.measure, provider_, parents_, problems_, jumps_);
  store::FigureRange range;
  range.measure = next_->first;
  range.from = FormatDay(measure.first - kDaysBefore);
  range.to = FormatDay(measure.last + 1);
  range.after = after_;
  range.all_revisions = true;
  range.staged = submission_;
  ASSIGN_OR_RETURN(const store::Store::State state, store_.ReadState());

  std::optional<FigureRow> newest;
  std::optional<FigureRow> before;
  int figures = 0;
  bool more = false;
  absl::Status failed;
  const auto judge = [&] {
    failed = Judge(*newest, before.has_value() ? &*before : nullptr);
    after_ = newest->key;
    newest.reset();
    before.reset();
  };
  RETURN_IF_ERROR(store_.ScanSubmitted(grant_, range, {state.revision}, [&](const FigureRow& row) {
    if (newest.has_value() && newest->key == row.key) {
      if (!before.has_value()) before = row;
      return true;
    }
    if (newest.has_value()) {
      judge();
      more = ++figures == kFiguresAStep;
      if (more || !failed.ok()) return false;
    }
    newest = row;
    return true;
  }));
  RETURN_IF_ERROR(failed);
  if (more) return absl::OkStatus();
  if (newest.has_value()) judge();
  RETURN_IF_ERROR(failed);
  state_->End();
  state_.reset();
  after_ = {};
  ++next_;
  return absl::OkStatus();
}

absl::Status SubmissionCheck::Judge(const FigureRow& newest, const FigureRow* before) {
  v1::SubmittedObservation figure;
  if (!figure.ParseFromString(newest.body)) {
    return absl::DataLossError("a stored figure cannot be read");
  }
  int64_t row = 0;
  if (newest.submission == submission_) {
    if (before == nullptr) {
      ++added_;
      row = newest.row;
    } else if (before->provider == provider_ && before->body == newest.body) {
      ++unchanged_;
      unchanged_rows_.push_back(newest);
    } else {
      ++revised_;
      row = newest.row;
      revisions_.Add(row, "value", "takes the place of an earlier figure, and needs a reason");
    }
  }
  // What is said of a sum or a jump would tell what another provider sent.
  if (newest.provider == provider_) state_->Add(row, figure);
  return absl::OkStatus();
}

std::vector<FigureRow> SubmissionCheck::TakeUnchanged() {
  return std::exchange(unchanged_rows_, {});
}

}  // namespace concordat::services
