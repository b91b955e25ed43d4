#include "server/services/submission.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/digest.h"
#include "base/status.h"
#include "server/domain/submission.h"
#include "server/services/apply.h"
#include "server/services/submission_check.h"

namespace concordat::services {
namespace {

using door::SinkNeed;
using store::FigureRow;
using store::Kind;

constexpr int64_t kMostRows = 1'000'000;
// Rows that one step checks and one batch stages, so that others' calls and records wait no
// longer: some 0.3 ms (docs/performance.md).
constexpr int kRowsAStep = 25;
constexpr size_t kNameBytes = 8;

// Where a field rule was broken in a message of rows.
struct RowField {
  int index = 0;
  // A field of SubmittedObservation.
  std::string column;
};

// Of a path such as `rows.rows[3].period.start`; nothing when it is not in a row.
std::optional<RowField> RowFieldOf(absl::string_view path) {
  constexpr absl::string_view kBefore = "rows.rows[";
  if (!absl::StartsWith(path, kBefore)) return std::nullopt;
  path.remove_prefix(kBefore.size());
  const size_t end = path.find(']');
  RowField found;
  if (end == path.npos || !absl::SimpleAtoi(path.substr(0, end), &found.index)) {
    return std::nullopt;
  }
  path.remove_prefix(end + 1);
  if (!path.empty()) path.remove_prefix(1);
  found.column = std::string(path.substr(0, path.find_first_of(".[")));
  return found;
}

class Submitting final : public SubmissionSink {
 public:
  Submitting(std::shared_ptr<const door::Call> call, const v1::SubmissionHeader& header,
             const store::Store& store, SubmissionTurns& turns)
      : call_(std::move(call)),
        header_(header),
        store_(store),
        turns_(turns),
        today_(DayOf(call_->now())),
        name_(absl::StrCat("submissions/", absl::BytesToHexString(RandomBytes(kNameBytes)))) {
    call_->NoteSubmission(name_, header_.provider());
  }

  SinkNeed need() const override {
    if (!pending_.empty() || !to_unstage_.empty()) return SinkNeed::kWrite;
    if (next_row_ < rows_in_hand_.rows_size()) return SinkNeed::kStep;
    if (!complete_) return SinkNeed::kMessage;
    if (ready_) return SinkNeed::kFinish;
    return waits_for_turn_ ? SinkNeed::kStepLater : SinkNeed::kStep;
  }
  bool is_complete() const override { return complete_; }

  absl::Status Take(v1::SubmitObservationsRequest message,
                    const std::vector<FieldViolation>& violations) override {
    if (complete_) return InvalidField("end", "comes once, last: nothing follows it");
    for (const FieldViolation& violation : violations) {
      const std::optional<RowField> field = RowFieldOf(violation.field);
      // Without its number a row cannot be named.
      if (!field.has_value() || field->column == "row") return InvalidFields(violations);
      wrong_rows_.insert(field->index);
      problems_.Add(message.rows().rows(field->index).row(), field->column, violation.description);
    }
    switch (message.part_case()) {
      case v1::SubmitObservationsRequest::kRows:
        rows_in_hand_.Swap(message.mutable_rows());
        next_row_ = 0;
        rows_ += rows_in_hand_.rows_size();
        if (rows_ <= kMostRows) return absl::OkStatus();
        return InvalidField("rows", absl::StrCat("at most ", kMostRows,
                                                 " rows are accepted; make two submissions"));
      case v1::SubmitObservationsRequest::kEnd:
        if (message.end().row_count() != rows_) {
          return InvalidField("end.row_count", "is not the number of rows that came");
        }
        complete_ = true;
        return absl::OkStatus();
      case v1::SubmitObservationsRequest::kHeader:
        return InvalidField("header", "comes once, first");
      default:
        return InvalidField("", "has neither rows nor the end");
    }
  }

  absl::Status Step() override {
    if (next_row_ < rows_in_hand_.rows_size()) return CheckRows();
    if (is_refused()) return problems_.ToStatus();
    // With wrong rows missing, sums would be said to be wrong that are not.
    if (problems_.count() > 0) {
      ready_ = true;
      return absl::OkStatus();
    }
    if (turn_ == nullptr) {
      std::set<std::string> names;
      for (const auto& [name, measure] : submitted_) names.insert(name);
      turn_ = turns_.TryTake(names);
      waits_for_turn_ = turn_ == nullptr;
      return absl::OkStatus();
    }
    if (!check_.has_value())
      check_.emplace(store_, call_->grant(), name_, header_.provider(), submitted_);
    RETURN_IF_ERROR(check_->Step());
    to_unstage_ = check_->TakeUnchanged();
    if (!check_->done()) return absl::OkStatus();
    problems_.Add(check_->problems());
    if (!header_.confirm()) confirmable_ = check_->jumps().count();
    if (check_->revised() > 0 && header_.revision_reason().empty()) {
      problems_.Add(0, "revision_reason",
                    absl::StrCat("is required: ", check_->revised(),
                                 check_->revised() == 1 ? " earlier figure differs, or was"
                                                        : " earlier figures differ, or were",
                                 " sent by another agency; say why (`--reason`)"));
      problems_.Add(check_->revisions());
    }
    if (!header_.dry_run() && confirmable_ > 0) problems_.Add(check_->jumps());
    ready_ = true;
    return is_refused() ? problems_.ToStatus() : absl::OkStatus();
  }

  absl::Status Write(store::Batch& batch) override {
    must_drop_ = true;
    if (!to_unstage_.empty()) {
      RETURN_IF_ERROR(batch.UnstageFigures(name_, to_unstage_));
      to_unstage_.clear();
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const std::vector<size_t> refused,
                     batch.StageFigures(name_, header_.provider(), pending_));
    for (const size_t index : refused) {
      problems_.Add(pending_[index].row, "measure",
                    "stands twice: a row before it has the same measure, area, period and "
                    "breakdown");
    }
    pending_.clear();
    return absl::OkStatus();
  }

  absl::StatusOr<v1::SubmitObservationsResponse> Finish(store::Transaction& transaction) override {
    v1::SubmitObservationsResponse response;
    v1::Submission& submission = *response.mutable_submission();
    submission.set_provider(header_.provider());
    submission.set_submitter(call_->principal().client);
    submission.set_source(header_.source());
    submission.set_revision_reason(header_.revision_reason());
    submission.set_row_count(rows_);
    if (check_.has_value()) {
      submission.set_added(check_->added());
      submission.set_revised(check_->revised());
      submission.set_unchanged(check_->unchanged());
      AddTo(check_->jumps(), *response.mutable_warnings());
      response.set_warning_count(check_->jumps().count());
    }
    AddTo(problems_, *response.mutable_problems());
    response.set_problem_count(problems_.count());
    if (header_.dry_run()) return response;

    RETURN_IF_ERROR(MeasuresAreTheSame(transaction));
    submission.set_name(name_);
    *submission.mutable_time() = ToTimestamp(transaction.CommitTime());
    store::Row row;
    row.name = name_;
    row.body = StoredBytes(submission);
    RETURN_IF_ERROR(transaction.ApplySubmission(call_->grant(), std::move(row)));
    must_drop_ = false;
    return response;
  }

  absl::Status Drop(store::Batch& batch) override {
    turn_.reset();
    ASSIGN_OR_RETURN(must_drop_, batch.DropStaged(name_, kRowsAStep));
    return absl::OkStatus();
  }
  bool must_drop() const override { return must_drop_; }
  bool is_dry_run() const override { return header_.dry_run(); }
  int64_t rows() const override { return rows_; }

 private:
  // A measure as it was when the first row of it came; no rules when nobody owes it.
  struct Known {
    int64_t revision = 0;
    std::unique_ptr<domain::MeasureRules> rules;
  };

  bool is_refused() const { return problems_.count() > 0 && !header_.dry_run(); }

  static void AddTo(const domain::SubmissionProblems& problems,
                    google::protobuf::RepeatedPtrField<v1::RowProblem>& list) {
    const std::vector<v1::RowProblem> kept = problems.kept();
    list.Assign(kept.begin(), kept.end());
  }

  absl::StatusOr<const Known*> FindMeasure(const std::string& name) {
    if (const auto found = measures_.find(name); found != measures_.end()) return &found->second;
    Known known;
    ASSIGN_OR_RETURN(const store::Store::State state, store_.ReadState());
    const absl::StatusOr<store::Row> row =
        store_.Find(call_->grant(), Kind::kMeasure, name, {state.revision});
    if (row.ok()) {
      v1::Measure measure;
      if (!measure.ParseFromString(row->body)) {
        return absl::DataLossError("a stored measure cannot be read");
      }
      known.revision = row->revision;
      if (measure.duties_size() > 0) {
        known.rules = std::make_unique<domain::MeasureRules>(std::move(measure));
      }
    } else if (!absl::IsNotFound(row.status())) {
      return row.status();
    }
    // What is not there is not remembered, so that made-up names cost no memory.
    if (known.rules == nullptr) return nullptr;
    return &measures_.emplace(name, std::move(known)).first->second;
  }

  absl::Status CheckRows() {
    for (int i = 0; i < kRowsAStep && next_row_ < rows_in_hand_.rows_size(); ++i, ++next_row_) {
      if (wrong_rows_.contains(next_row_)) continue;
      v1::SubmittedObservation& figure = *rows_in_hand_.mutable_rows(next_row_);
      ASSIGN_OR_RETURN(const Known* known, FindMeasure(figure.measure()));
      if (known == nullptr) {
        problems_.Add(figure.row(), "measure", "is not a measure whose figures are collected");
        continue;
      }
      if (!known->rules->CheckRow(header_.provider(), today_, figure, problems_)) continue;
      SubmittedMeasure& submitted = submitted_[figure.measure()];
      submitted.measure = &known->rules->measure();
      const absl::CivilDay start = ToCivilDay(figure.period().start()).value_or(today_);
      submitted.first = std::min(submitted.first, start);
      submitted.last = std::max(submitted.last, start);
      FigureRow row;
      row.measure = figure.measure();
      row.key = store::KeyOf(figure);
      row.row = figure.row();
      figure.clear_row();
      row.body = StoredBytes(figure);
      pending_.push_back(std::move(row));
    }
    if (next_row_ == rows_in_hand_.rows_size()) wrong_rows_.clear();
    return absl::OkStatus();
  }

  // The rules that the rows were checked by are still the measures'.
  absl::Status MeasuresAreTheSame(const store::Transaction& transaction) const {
    for (const auto& [name, known] : measures_) {
      ASSIGN_OR_RETURN(const store::Row row, transaction.Find(call_->grant(), Kind::kMeasure, name,
                                                              transaction.Latest()));
      if (row.revision != known.revision) {
        return MakeError(v1::ETAG_MISMATCH,
                         "a measure was changed while the submission was checked; nothing was "
                         "applied: send it again");
      }
    }
    return absl::OkStatus();
  }

  const std::shared_ptr<const door::Call> call_;
  const v1::SubmissionHeader header_;
  const store::Store& store_;
  SubmissionTurns& turns_;
  const absl::CivilDay today_;
  const std::string name_;

  v1::SubmissionRows rows_in_hand_;
  int next_row_ = 0;
  // Rows in hand that broke a field rule, by index.
  std::set<int> wrong_rows_;
  int64_t rows_ = 0;
  bool complete_ = false;
  bool ready_ = false;
  bool waits_for_turn_ = false;
  bool must_drop_ = false;
  int64_t confirmable_ = 0;
  std::map<std::string, Known> measures_;
  SubmissionCheck::Measures submitted_;
  std::vector<FigureRow> pending_;
  std::vector<FigureRow> to_unstage_;
  domain::SubmissionProblems problems_;
  std::optional<SubmissionCheck> check_;
  std::unique_ptr<SubmissionTurns::Turn> turn_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SubmissionSink>> OpenSubmission(
    std::shared_ptr<const door::Call> call, const v1::SubmitObservationsRequest& first,
    const store::Store& store, SubmissionTurns& turns) {
  if (!first.has_header()) return InvalidField("header", "is required: it comes first");
  const v1::SubmissionHeader& header = first.header();
  const bool for_another = header.provider() != call->principal().agency;
  if (for_another && !call->principal().Has(v1::COORDINATOR)) return call->grant().OutOfScope();
  if (!call->policy().HasAgency(header.provider())) {
    return InvalidField("header.provider", "names an agency that the directory lacks");
  }
  if (for_another && header.source().empty()) {
    return InvalidField("header.source",
                        "is required for another agency's figures: say where they came from");
  }
  return std::make_unique<Submitting>(std::move(call), header, store, turns);
}

}  // namespace concordat::services
